using System.Collections.Concurrent;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;

namespace PubSub.Client.Receiving;

/// <summary>
/// The way of what comes, from the connection to the app: each message once (tracks), bounded (inbox), in order and one
/// at a time (dispatcher). Two positions move on it: what has come, which a reconnect hands in, and what the app is done
/// with, which the store keeps.
/// </summary>
internal sealed class Delivery(PubSubClientOptions options, Func<InboxItem, ValueTask<bool>> dispatch, Action<Exception> failed) : IDisposable
{
    private readonly ConcurrentDictionary<string, ChannelTrack> _tracks = new(StringComparer.Ordinal);
    private readonly Inbox _inbox = new(options.InboxCapacity);

    public long Dropped => _inbox.Dropped;

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var (channel, position) in await options.Positions.LoadAsync(cancellationToken))
            _tracks[channel] = new ChannelTrack(position);
    }

    public void Start(Resumed told) => _inbox.Add(Track(told.Channel).Start(told));

    /// <returns>False: the inbox is full. The connection has to end, and is to come back when the app has caught up.</returns>
    public bool TryTake(ServerMessage message)
    {
        if (options.WhenInboxIsFull == SlowReaderVerdict.Resume && _inbox.IsFull)
            return false;
        if (Follow(message.Channel, message.Epoch, message.Offset).TryTake(message, out var missed))
            _inbox.Add(Message.From(message, missed));
        return true;
    }

    public void Pass(GapMark gap)
    {
        if (Follow(gap.Channel, gap.Epoch, gap.From).TryPass(gap))
            _inbox.Add(new ChannelGap(gap.Channel, gap.Epoch, gap.From, gap.To, gap.Count));
    }

    public ChannelPosition? Received(string channel) => _tracks.TryGetValue(channel, out var track) ? track.Received : null;

    /// <summary>What is handed in with <c>connect</c>: the channels that every session has.</summary>
    public IEnumerable<ChannelCursor> SessionCursors() =>
        from track in _tracks
        where !track.Key.StartsWith("room:", StringComparison.Ordinal) && track.Value.Received is { IsLogged: true }
        select Cursor(track.Key, track.Value.Received!.Value);

    public async ValueTask ForgetAsync(string channel, CancellationToken cancellationToken)
    {
        _tracks.TryRemove(channel, out _);
        await options.Positions.ForgetAsync(channel, cancellationToken);
    }

    public Task WhenHalfEmptyAsync() => _inbox.WhenHalfEmptyAsync();

    public async Task DispatchAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var item = await _inbox.TakeAsync(cancellationToken);
                if (await dispatch(item) && PositionOf(item) is { } done)
                    await options.Positions.SaveAsync(done.Channel, done.Position, cancellationToken);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A store of the app may throw anything; the next message must come all the same.
            catch (Exception error)
#pragma warning restore CA1031
            {
                failed(error);
            }
        }
    }

    public void Dispose() => _inbox.Dispose();

    internal static ChannelCursor Cursor(string channel, ChannelPosition position) =>
        new() { Channel = channel, Epoch = position.Epoch, Offset = position.Offset };

    // A recovered start says nothing new: what was missed is still to come.
    private static (string Channel, ChannelPosition Position)? PositionOf(InboxItem item) => item switch
    {
        { Message: { Position.IsLogged: true } message } => (message.Channel, message.Position),
        { Start: { Position.IsLogged: true } start } when start.IsFirst || !start.Recovered => (start.Channel, start.Position),
        { Gap: { Epoch: not 0 } gap } => (gap.Channel, new ChannelPosition(gap.Epoch, gap.To)),
        _ => null,
    };

    /// <summary>The channel's track, also into a new log, which is told before what comes of it.</summary>
    private ChannelTrack Follow(string channel, long epoch, long offset)
    {
        var track = Track(channel);
        if (track.BeginAnew(channel, epoch, offset) is { } start)
            _inbox.Add(start);
        return track;
    }

    private ChannelTrack Track(string channel) => _tracks.GetOrAdd(channel, static _ => new ChannelTrack());
}
