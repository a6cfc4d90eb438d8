namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// Gives memory back when half of the sessions have left. A node without traffic gives its collector no reason to run, so
/// it would keep the memory of its busiest hour. The collection stops the node for as long as the live half takes, which
/// is why it waits until nobody comes or goes.
/// </summary>
internal sealed partial class HeapTrim(SessionTable sessions, TimeProvider time, ILogger<HeapTrim> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private const int Worthwhile = 1000;

    private readonly TrimRule _rule = new(Worthwhile);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        using var stopping = stoppingToken.Register(timer.Dispose);
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            if (!_rule.IsDue(sessions.Count))
                continue;
            var before = Environment.WorkingSet;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            LogTrimmed(sessions.Count, (before - Environment.WorkingSet) / (1024 * 1024));
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Half of the sessions have left, {Sessions} are here: {Megabytes} MB of memory given back")]
    private partial void LogTrimmed(int sessions, long megabytes);
}

/// <summary>Half of the most sessions there were have gone, they are worth it, and the number has come to rest.</summary>
internal sealed class TrimRule(int worthwhile)
{
    private const int StillPercent = 1;

    private int _peak;
    private int _last;

    /// <param name="sessions">How many there are now; asked at even intervals.</param>
    public bool IsDue(int sessions)
    {
        _peak = Math.Max(_peak, sessions);
        var isStill = Math.Abs(sessions - _last) * 100L <= StillPercent * (long)_peak;
        _last = sessions;
        if (!isStill || _peak - sessions < worthwhile || sessions > _peak / 2)
            return false;
        _peak = sessions;
        return true;
    }
}
