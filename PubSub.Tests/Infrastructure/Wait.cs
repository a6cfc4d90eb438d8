using System.Diagnostics;

namespace PubSub.Tests.Infrastructure;

/// <summary>Waiting for something to become true, with a deadline and a name for the one who reads the failure.</summary>
internal static class Wait
{
    /// <summary>Long, as it costs time only where something is wrong, and a shared machine may be ten times slower than another.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    public static Task UntilAsync(Func<bool> condition, string what, TimeSpan? deadline = null) =>
        UntilAsync(() => Task.FromResult(condition()), what, deadline);

    /// <param name="condition">Asked again and again; an exception from it ends the wait.</param>
    /// <param name="what">Completes the sentence "Waited 60 s for ...".</param>
    /// <param name="deadline"><see cref="Patience"/> unless given.</param>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, TimeSpan? deadline = null)
    {
        var patience = deadline ?? Patience;
        var watch = Stopwatch.StartNew();
        while (!await ForAsync(condition(), what, patience - watch.Elapsed, patience))
        {
            if (watch.Elapsed >= patience)
                throw TooLong(patience, what);
            await Task.Delay(Poll);
        }
    }

    public static async Task ForAsync(Task task, string what, TimeSpan? deadline = null)
    {
        var patience = deadline ?? Patience;
        if (await Task.WhenAny(task, Task.Delay(patience)) != task)
            throw TooLong(patience, what);
        await task;
    }

    public static Task<T> ForAsync<T>(Task<T> task, string what, TimeSpan? deadline = null) =>
        ForAsync(task, what, deadline ?? Patience, deadline ?? Patience);

    private static async Task<T> ForAsync<T>(Task<T> task, string what, TimeSpan remaining, TimeSpan patience)
    {
        if (await Task.WhenAny(task, Task.Delay(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero)) != task)
            throw TooLong(patience, what);
        return await task;
    }

    private static TimeoutException TooLong(TimeSpan patience, string what) =>
        new($"Waited {patience.TotalSeconds:0.###} s for {what}.");
}
