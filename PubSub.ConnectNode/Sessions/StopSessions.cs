using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Sockets;
using PubSub.Membership;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// On the way down: each client is told to come back, each after another while, so that the other nodes are not run
/// over; then the sockets are given time to take it.
/// </summary>
internal sealed class StopSessions(
    SessionTable sessions, AdmissionGate gate, IOptions<NodeOptions> options, TimeProvider time, ServiceRegistration? registration = null)
    : IHostedLifecycleService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        gate.Close();
        var reason = registration?.Status.State == RegistrationState.Superseded ? DisconnectReason.NodeFenced : DisconnectReason.NodeStopping;
        var least = DisconnectAdvice.For(reason).RetryAfter;
        foreach (var session in sessions.All)
        {
            var spread = TimeSpan.FromMilliseconds(Random.Shared.Next(options.Value.StopSpreadMs + 1));
            session.End(reason, retryAfter: least + spread);
        }

        var deadline = time.GetTimestamp();
        while (sessions.Count > 0 && time.GetElapsedTime(deadline) < Patience && !cancellationToken.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None);
        foreach (var session in sessions.All)
            session.Abort();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
