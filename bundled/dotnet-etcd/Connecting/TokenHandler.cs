namespace dotnet_etcd.Connecting;

/// <summary>
/// Puts the token that etcd gave for user and password on each request, and asks for a new one when it is due or was
/// refused. Without credentials it passes requests on as they are.
/// </summary>
internal sealed class TokenHandler(Func<CancellationToken, Task<(string Token, TimeSpan Life)?>> authenticate)
    : DelegatingHandler
{
    private const string AuthenticatePath = "/etcdserverpb.Auth/Authenticate";
    private const string Unauthenticated = "16";

    private readonly SemaphoreSlim _asking = new(1, 1);
    private volatile Held? _held;

    public void Forget() => _held = null;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // The request for a token carries none; it would wait for itself.
        var held = request.RequestUri?.AbsolutePath == AuthenticatePath ? null : await HoldAsync(cancellationToken).ConfigureAwait(false);
        if (held?.Token is { } token)
        {
            request.Headers.Remove("authorization");
            request.Headers.TryAddWithoutValidation("authorization", token);
        }

        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);

        if (held?.Token is not null && Refused(response) && ReferenceEquals(_held, held))
        {
            _held = null;
        }

        return response;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _asking.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<Held> HoldAsync(CancellationToken cancellationToken)
    {
        if (_held is { } held && held.Until > Environment.TickCount64)
        {
            return held;
        }

        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_held is { } given && given.Until > Environment.TickCount64)
            {
                return given;
            }

            var answer = await authenticate(cancellationToken).ConfigureAwait(false);
            var fresh = answer is { } granted
                ? new Held(granted.Token, Environment.TickCount64 + (long)granted.Life.TotalMilliseconds)
                : new Held(null, long.MaxValue);
            _held = fresh;
            return fresh;
        }
        finally
        {
            _asking.Release();
        }
    }

    // etcd refuses a token before it starts an answer, so the status stands in the first headers.
    private static bool Refused(HttpResponseMessage response) =>
        response.Headers.TryGetValues("grpc-status", out var status) && status.Contains(Unauthenticated);

    private sealed record Held(string? Token, long Until);
}
