using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Sockets;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// One timer for all sessions: pings the silent, cuts the dead, and those whose end takes too long. A walk over twenty
/// thousand sessions costs less than two timers per second would.
/// </summary>
internal sealed class IdleSweep(SessionTable sessions, TimeProvider time, IOptions<NodeOptions> options) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);
    private const long CloseMilliseconds = 5000;
    private const long LateMilliseconds = 1000;

    private long _last = long.MaxValue;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        using var stopping = stoppingToken.Register(timer.Dispose);
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
            Sweep(time.GetTimestamp() * 1000 / time.TimestampFrequency);
    }

    internal void Sweep(long now)
    {
        var heartbeat = options.Value.HeartbeatSeconds * 1000L;
        var connect = options.Value.ConnectTimeoutSeconds * 1000L;
        // While the sweep did not run, nothing of this node did: the silence of that time was not the clients'.
        var late = now - _last > LateMilliseconds ? now - _last : 0;
        _last = now;
        SharedFrame? ping = null;
        foreach (var session in sessions.All)
        {
            if (session.IsEnding)
            {
                if (now - session.EndedAt > CloseMilliseconds)
                    session.Abort();
                continue;
            }

            if (late > 0)
                session.LastSeen = Math.Min(now, session.LastSeen + late);
            var idle = now - session.LastSeen;
            if (session.User is null && now - session.LastPinged > connect)
            {
                session.End(DisconnectReason.ConnectTimeout);
            }
            else if (idle >= 2 * heartbeat - (long)Period.TotalMilliseconds)
            {
                session.End(DisconnectReason.HeartbeatTimeout);
            }
            else if (idle >= heartbeat && now - session.LastPinged >= heartbeat)
            {
                session.LastPinged = now;
                // Where there is no room for it the reader is behind, which its rooms' policies are for.
                session.Writer.TrySend(ping ??= SharedFrame.Control(WebSocketOpcode.Ping, []), overCork: true, out _);
            }
        }

        ping?.Release();
    }
}
