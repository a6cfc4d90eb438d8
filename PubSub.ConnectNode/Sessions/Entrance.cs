using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Delivery;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// A session on its way into the two channels that every session has. What has come in stays in when the other has to
/// be tried again, so that nothing is sent twice.
/// </summary>
internal sealed class Entrance
{
    private readonly ChannelTable _channels;
    private readonly Way[] _ways;

    public Entrance(Session session, Arrival arrival, IReadOnlyCollection<ChannelCursor> cursors, ChannelTable channels)
    {
        _channels = channels;
        Session = session;
        RoomId = arrival.RoomId;
        Cursors = cursors;
        _ways = [new Way(ChannelId.User(arrival.User.UserId), arrival.DeviceId), new Way(ChannelId.All, null)];
    }

    public Session Session { get; }

    /// <summary>The room that is still to be joined; empty where there is none.</summary>
    public string RoomId { get; set; }

    public IReadOnlyCollection<ChannelCursor> Cursors { get; }

    /// <summary>Announces it to the lanes. False: the session has one of the channels from elsewhere.</summary>
    public bool TryBeginLocked()
    {
        foreach (var way in _ways.Where(static way => way.Subscription is null))
        {
            var from = Positions.Of(Cursors.FirstOrDefault(cursor => cursor.Channel == way.Channel.Text));
            way.Told = new TaskCompletionSource<Resumed>(TaskCreationOptions.RunContinuationsAsynchronously);
            way.Subscription = new Subscription(Session, way.Channel)
            {
                From = from,
                Device = from is null ? way.Device : null,
                Activated = (_, start, error) =>
                {
                    if (error is null)
                        way.Told.TrySetResult(Positions.Told(way.Channel, start));
                    else
                        way.Told.TrySetException(error);
                },
            };
            if (!Session.TryAddLocked(way.Subscription))
                return false;
            LaneOf(way).Post(new LaneCommand.BeginJoin(way.Subscription));
        }

        return true;
    }

    /// <summary>The controllers know of the session: where its channels begin for it.</summary>
    public async Task<Resumed[]> ActivateAsync()
    {
        foreach (var way in _ways.Where(static way => !way.Told.Task.IsCompleted))
            LaneOf(way).Post(new LaneCommand.Activate(way.Subscription!));
        return await Task.WhenAll(_ways.Select(static way => way.Told.Task));
    }

    public void CancelUnfinished()
    {
        foreach (var way in _ways.Where(static way => !way.Told.Task.IsCompletedSuccessfully))
        {
            Session.Remove(way.Subscription!);
            LaneOf(way).Post(new LaneCommand.Remove(way.Subscription!));
            way.Subscription = null;
        }
    }

    private NodeLane LaneOf(Way way) => _channels.LaneOf(way.Channel.Text);

    private sealed class Way(ChannelId channel, string? device)
    {
        public ChannelId Channel => channel;

        /// <summary>Null: the channel keeps no cursors.</summary>
        public string? Device => device;

        public Subscription? Subscription { get; set; }

        public TaskCompletionSource<Resumed> Told { get; set; } = new();
    }
}
