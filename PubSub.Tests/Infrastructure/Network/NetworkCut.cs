namespace PubSub.Tests.Infrastructure.Network;

/// <summary>
/// Which processes are cut off from the others. What <see cref="TcpProxy"/> carries from or to one of them waits, as
/// bytes on a broken line do; nobody sees a reset, and when the line is whole again all of it goes on. A process is cut off
/// from everybody, or only from the door at a port.
/// </summary>
internal sealed class NetworkCut
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int ProcessId, int? Port), TaskCompletionSource> _cut = [];

    public bool IsAnybodyCutOff { get; private set; }

    public void CutOff(int processId, int? from = null)
    {
        lock (_lock)
        {
            _cut.TryAdd((processId, from), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            IsAnybodyCutOff = true;
        }
    }

    public void Heal(int processId, int? from = null)
    {
        lock (_lock)
        {
            if (_cut.Remove((processId, from), out var healed))
                healed.SetResult();
            IsAnybodyCutOff = _cut.Count > 0;
        }
    }

    /// <summary>Completes when the process is not cut off from others, or not from the one at the port.</summary>
    public Task WholeAsync(int processId, int? from = null)
    {
        lock (_lock)
            return _cut.TryGetValue((processId, from), out var healed) ? healed.Task : Task.CompletedTask;
    }
}
