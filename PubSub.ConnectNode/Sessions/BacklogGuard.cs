using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// Keeps what waits for all slow readers together within the node's bounds: first by what their rooms' policies let go, then
/// by ending sessions, each time the largest backlogs first. Who ends holds memory until the socket is gone, so those are
/// cut before anybody else is touched.
/// </summary>
internal sealed class BacklogGuard(SessionTable sessions, OutboxGauge gauge, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await gauge.WhenHighAsync(stoppingToken);
                for (Relieve(); !gauge.IsRelieved; Relieve())
                    await Task.Delay(Pause, time, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    internal void Relieve()
    {
        var behind = Behind();
        while (LetGo(behind))
        {
            // Those in step share their frames, so what one of them lets go is free when the last has done so too.
        }

        foreach (var session in behind)
        {
            if (gauge.IsRelieved)
                return;
            if (session.End(DisconnectReason.SlowConsumer) || session.Writer.IsClosed)
                continue;
            // Somebody else is about to end it. What that frees has to be seen before a smaller one pays for it.
            return;
        }
    }

    /// <summary>True: something went, it is not enough yet, and more can go.</summary>
    private bool LetGo(List<Session> behind)
    {
        var hasFreed = false;
        foreach (var session in behind)
        {
            if (gauge.IsRelieved)
                return false;
            hasFreed |= session.Writer.Relieve();
        }

        return hasFreed;
    }

    /// <summary>The largest backlogs first.</summary>
    private List<Session> Behind()
    {
        var behind = new List<(Session Session, int Backlog)>();
        foreach (var session in sessions.All)
        {
            var backlog = session.Writer.Backlog;
            if (backlog == 0)
                continue;
            behind.Add((session, backlog));
            if (session.IsEnding)
                session.Abort();
        }

        behind.Sort(static (one, other) => other.Backlog.CompareTo(one.Backlog));
        return behind.ConvertAll(static one => one.Session);
    }
}
