namespace PubSub.ConnectNode.Sockets.Lean;

/// <summary>
/// Has connected and not yet said what it wants. Its first bytes are looked at without taking them, so that whoever is
/// not for us goes to Kestrel untouched.
/// </summary>
internal sealed class Newcomer(Poller poller, NativeSocket socket, WebSocketDoor door, Action<NativeSocket> handOver) : IPolled
{
    private readonly Lock _lock = new();
    private int _place = -1;
    private bool _isGone;

    public void Begin()
    {
        _place = poller.Enter(this);
        poller.Watch(_place, socket, PollEvents.None, PollEvents.Readable);
    }

    public void Ready(PollEvents events)
    {
        lock (_lock)
        {
            if (!_isGone)
                Look(poller.Buffer);
        }
    }

    public void Fail(Exception error) => Cut();

    /// <summary>Something is wrong with it, or it was silent for too long.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            if (_isGone)
                return;
            LeaveLocked();
            socket.Dispose();
        }
    }

    private void Look(Span<byte> buffer)
    {
        if (socket.Receive(buffer, peek: true) is not { } length)
            return;
        if (length <= 0)
        {
            LeaveLocked();
            socket.Dispose();
        }
        else if (UpgradeHead.Read(buffer[..length], out var head) is { } request && door.Welcome(request) is { } visit)
        {
            _isGone = true;
            // It lies ready, so one call takes it all.
            _ = socket.Receive(buffer[..head]);
            new LeanConnection(poller, _place, socket, door).Begin(visit);
        }
        else
        {
            LeaveLocked();
            handOver(socket);
        }
    }

    private void LeaveLocked()
    {
        _isGone = true;
        poller.Watch(_place, socket, PollEvents.Readable, PollEvents.None);
        poller.Leave(_place);
    }
}
