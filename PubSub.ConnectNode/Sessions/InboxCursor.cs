using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// The place of one session's device in its user's messages. One call is under way at a time and takes the newest
/// position with it, so a client may acknowledge each message without a call for each.
/// </summary>
internal sealed class InboxCursor(IPushUplink pushes, string channel, string device)
{
    private readonly Lock _lock = new();
    private ChannelPosition _delivered;
    private ChannelPosition _read;
    private TaskCompletionSource? _next;
    private bool _isMoving;

    public string Channel => channel;

    /// <summary>Completes when it is stored.</summary>
    public Task MoveAsync(ChannelPosition position, bool isRead)
    {
        lock (_lock)
        {
            _delivered = Later(_delivered, position);
            if (isRead)
                _read = Later(_read, position);
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var stored = _next.Task;
            if (!_isMoving)
            {
                _isMoving = true;
                _ = RunAsync();
            }

            return stored;
        }
    }

    private static ChannelPosition Later(ChannelPosition one, ChannelPosition other) =>
        Channels.PositionComparer.Compare(one, other) >= 0 ? one : other;

    private async Task RunAsync()
    {
        while (true)
        {
            TaskCompletionSource moved;
            ChannelPosition delivered, read;
            lock (_lock)
            {
                if (_next is null)
                {
                    _isMoving = false;
                    return;
                }

                (moved, _next) = (_next, null);
                (delivered, read) = (_delivered, _read);
            }

            try
            {
                if (read.IsLogged)
                    await SendAsync(read, isRead: true);
                if (delivered != read)
                    await SendAsync(delivered, isRead: false);
                moved.TrySetResult();
            }
            catch (Exception error)
            {
                moved.TrySetException(error);
            }
        }
    }

    private Task SendAsync(ChannelPosition position, bool isRead) => pushes.MoveCursorAsync(
        new DeviceCursor { Channel = channel, DeviceId = device, Position = position.ToProto(), Read = isRead }, CancellationToken.None);
}
