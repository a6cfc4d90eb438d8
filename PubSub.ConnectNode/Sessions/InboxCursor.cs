using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// The place of one session's device in its user's messages. One call is under way at a time and takes the newest
/// position with it, so a client may acknowledge each message without a call for each.
/// </summary>
internal sealed class InboxCursor(IPushUplink pushes, string channel, string device, string session)
{
    private readonly Lock _lock = new();
    private ChannelPosition _delivered;
    private ChannelPosition _read;
    private ChannelPosition _began;

    // What is stored of the two; only the one call that is under way looks at these.
    private ChannelPosition _deliveredStored;
    private ChannelPosition _readStored;
    private TaskCompletionSource? _next;
    private bool _isMoving;

    public string Channel => channel;

    /// <summary>Completes when it is stored.</summary>
    /// <param name="began">The session was sent what is behind this.</param>
    /// <param name="position">Everything up to here arrived.</param>
    /// <param name="isRead">And a person read it.</param>
    public Task MoveAsync(ChannelPosition began, ChannelPosition position, bool isRead)
    {
        lock (_lock)
        {
            _began = began;
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
            ChannelPosition began, delivered, read;
            lock (_lock)
            {
                if (_next is null)
                {
                    _isMoving = false;
                    return;
                }

                (moved, _next) = (_next, null);
                (began, delivered, read) = (_began, _delivered, _read);
            }

            try
            {
                if (read.IsLogged && (read != _readStored || read == delivered))
                {
                    await SendAsync(read, Later(_readStored, began), isRead: true);
                    (_readStored, _deliveredStored) = (read, Later(_deliveredStored, read));
                }

                if (delivered != read)
                {
                    await SendAsync(delivered, Later(_deliveredStored, began), isRead: false);
                    _deliveredStored = delivered;
                }

                moved.TrySetResult();
            }
            catch (Exception error)
            {
                moved.TrySetException(error);
            }
        }
    }

    private Task SendAsync(ChannelPosition position, ChannelPosition before, bool isRead) => pushes.MoveCursorAsync(
        new DeviceCursor
        {
            Channel = channel,
            DeviceId = device,
            SessionId = session,
            Position = position.ToProto(),
            Since = before.Epoch == position.Epoch ? before.Offset : 0,
            Read = isRead,
        }, CancellationToken.None);
}
