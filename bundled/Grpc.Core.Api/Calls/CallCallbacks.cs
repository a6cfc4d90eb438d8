namespace Grpc.Core;

/// <summary>
/// What every call handle asks of the call behind it. The client passes static delegates and the call as their state,
/// which costs no allocation; closures are brought into the same form once, in <see cref="From"/>.
/// </summary>
internal readonly struct CallCallbacks(
    Func<object, Task<Metadata>> headers,
    Func<object, Status> status,
    Func<object, Metadata> trailers,
    Action<object> dispose,
    object state)
{
    public Task<Metadata> Headers => headers(state);

    public Status Status => status(state);

    public Metadata Trailers => trailers(state);

    public void Dispose() => dispose(state);

    public static CallCallbacks From(
        Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose) =>
        new(
            static state => ((Closures)state).Headers,
            static state => ((Closures)state).Status(),
            static state => ((Closures)state).Trailers(),
            static state => ((Closures)state).Dispose(),
            new Closures(headers, status, trailers, dispose));

    private sealed record Closures(
        Task<Metadata> Headers, Func<Status> Status, Func<Metadata> Trailers, Action Dispose);
}
