using System.Collections.Concurrent;
using PubSub.Client.Receiving;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Outcomes;

namespace PubSub.Client.Connecting;

/// <summary>The rooms of a client, and the joins that bring it into them again on every new connection.</summary>
internal sealed class JoinedRooms(PubSubClientOptions options, Supervisor supervisor, Delivery delivery, CancellationToken closing)
{
    private readonly ConcurrentDictionary<string, Room> _rooms = new(StringComparer.Ordinal);

    public Room GetOrAdd(string roomId, Func<string, Room> make) => _rooms.GetOrAdd(roomId, make);

    public Room? Find(string channel) =>
        ChannelId.TryParse(channel, out var id, out _) && id.Kind == ChannelKind.Room && _rooms.TryGetValue(id.Id, out var room)
            && room.IsWanted ? room : null;

    public void Want(Room room)
    {
        if (_rooms.GetOrAdd(room.Id, room) != room)
            throw new InvalidOperationException($"Room {room.Id} was taken anew: use the object that Room(\"{room.Id}\") gives.");
        room.Want();
        if (supervisor.UpAsync() is { IsCompletedSuccessfully: true } up)
            _ = JoinAsync(up.Result, room);
    }

    public async Task LeaveAsync(Room room, CancellationToken cancellationToken)
    {
        if (!room.IsWanted)
            return;
        _rooms.TryRemove(room.Id, out _);
        room.SetOut(new PubSubException((int)ErrorCode.NotInRoom, $"Room {room.Id} was left: join it first.", isTemporary: false));
        await delivery.ForgetAsync(room.Channel, cancellationToken);
        try
        {
            if (supervisor.UpAsync() is { IsCompletedSuccessfully: true } up)
                await up.Result.RequestAsync(new ClientEnvelope { Leave = new Leave { RoomId = room.Id } }, cancellationToken);
        }
        catch (Exception error) when (error is ConnectionEndedException or PubSubException { Code: (int)ErrorCode.NotInRoom })
        {
            // Not in the room, then.
        }
    }

    public void Take(Connection connection, ServerEnvelope frame)
    {
        if (frame.Connected is not null)
        {
            foreach (var room in _rooms.Values.Where(room => room.IsWanted))
                _ = JoinAsync(connection, room);
        }
        else if (frame.Joined is { } joined && Find(ChannelId.Room(joined.RoomId).Text) is { } room)
        {
            delivery.Start(joined.Channel);
            room.SetJoined(connection);
        }
        else if (frame.Left is { Reason.Length: > 0 } left && Find(ChannelId.Room(left.RoomId).Text) is { } former)
        {
            PutOut(former, new PubSubException((int)ErrorCode.NotInRoom, left.Reason, isTemporary: false));
        }
    }

    public void OnDown(Connection connection)
    {
        foreach (var room in _rooms.Values)
            room.SetDown(connection);
    }

    public void Fail(PubSubException why)
    {
        foreach (var room in _rooms.Values)
            room.SetOut(why);
    }

    private async Task JoinAsync(Connection connection, Room room)
    {
        if (!room.TryBeginJoin(connection))
            return;
        for (var attempt = 0; room.IsWanted; attempt++)
        {
            try
            {
                using var patience = new CancellationTokenSource(options.RequestTimeout, options.Time);
                await connection.RequestAsync(new ClientEnvelope { Join = Request(room) }, patience.Token);
                return;
            }
            catch (ConnectionEndedException)
            {
                // The next connection joins.
                return;
            }
            catch (PubSubException error) when (error.Code == (int)ErrorCode.AlreadyJoined)
            {
                // An earlier try got through; its answer comes or has come.
                return;
            }
            catch (PubSubException error) when (!error.IsTemporary)
            {
                PutOut(room, error);
                return;
            }
            catch (Exception error) when (error is PubSubException or OperationCanceledException)
            {
                await Task.Delay(options.Reconnect.Pause(attempt, TimeSpan.Zero), options.Time, closing)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private Join Request(Room room)
    {
        var join = new Join { RoomId = room.Id };
        if (delivery.Received(room.Channel) is { IsLogged: true } position)
            join.Position = Delivery.Cursor(room.Channel, position);
        return join;
    }

    private void PutOut(Room room, PubSubException why)
    {
        _rooms.TryRemove(room.Id, out _);
        room.SetOut(why);
        room.RaisePutOut(why.Message);
    }
}
