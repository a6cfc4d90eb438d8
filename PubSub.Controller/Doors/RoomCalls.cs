using PubSub.Controller.Rooms;
using PubSub.Protocol;

namespace PubSub.Controller.Doors;

/// <summary>The calls about rooms.</summary>
internal sealed class RoomCalls(RoomStore rooms, RoomReader reader)
{
    public Task EnsureAsync(string roomId) => rooms.GetAsync(roomId);

    public Task<RoomInfo> DescribeAsync(GetRoomInfoRequest request)
    {
        RequestRules.Id("room_id", request.RoomId);
        return reader.DescribeAsync(request.RoomId, RequestRules.Limit("max_members", request.MaxMembers, 1000, 10_000));
    }

    public async Task<RoomStats> StatsAsync(string roomId)
    {
        var room = rooms.GetAsync(roomId);
        var users = rooms.CountUsersAsync(roomId);
        return new RoomStats { RoomId = roomId, MaxUsers = (await room).MaxUsers, UserCount = await users };
    }

    public async Task<Room> CreateAsync(CreateRoomRequest request)
    {
        RequestRules.Id("room_id", request.RoomId);
        RequestRules.Optional("name", request.Name);
        RequestRules.MaxUsers(request.MaxUsers);
        RequestRules.Log(request.Log);
        RequestRules.SlowReaders(request.SlowReaders);
        return (await rooms.CreateAsync(request)).ToProto();
    }

    /// <summary>Changes what was given; who is in the room stays, also where there are fewer places now.</summary>
    public async Task<Room> UpdateAsync(UpdateRoomRequest request)
    {
        RequestRules.Id("room_id", request.RoomId);
        RequestRules.Log(request.Log);
        RequestRules.SlowReaders(request.SlowReaders);
        if (request.HasName)
            RequestRules.Id("name", request.Name);
        if (request.HasMaxUsers)
            RequestRules.MaxUsers(request.MaxUsers);

        var room = await rooms.UpdateAsync(request.RoomId, room => room with
        {
            Name = request.HasName ? request.Name : room.Name,
            MaxUsers = request.HasMaxUsers ? rooms.Places(request.MaxUsers) : room.MaxUsers,
            Log = request.Log is null ? room.Log : RoomLog.From(request.Log),
            SlowReaders = request.HasSlowReaders ? request.SlowReaders : room.SlowReaders,
        });
        return room.ToProto();
    }

    public Task<ListRoomsReply> ListAsync(ListRoomsRequest request)
    {
        RequestRules.Optional("after", request.After);
        return reader.ListAsync(request.After, RequestRules.Limit("limit", request.Limit, 100, 1000));
    }
}
