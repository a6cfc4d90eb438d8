using System.Diagnostics;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Faults;

/// <summary>What the controllers say about who is where while a test does harm.</summary>
internal sealed class Presence(FaultScene scene)
{
    /// <summary>Between the end of a lease and the three heartbeats whose absence would tell the same.</summary>
    private static readonly TimeSpan LeasePatience = TimeSpan.FromSeconds(25);

    /// <summary>Whether any of the rooms' pushes would go to the node.</summary>
    public async Task<bool> IsRoutedAsync(string nodeId) => (await RouteAsync(nodeId)).Count > 0;

    /// <summary>The incarnations under which the node is in the routing of the rooms.</summary>
    public async Task<IReadOnlyList<long>> RouteAsync(string nodeId)
    {
        var request = new ResolveChannelsRequest();
        request.Channels.AddRange(scene.Rooms.Select(room => $"room:{room}"));
        var reply = await scene.Cluster.Controller().ResolveChannelsAsync(request);
        return [.. reply.Channels.SelectMany(channel => channel.Nodes).Where(node => node.NodeId == nodeId).Select(node => node.Incarnation).Distinct()];
    }

    /// <summary>Returns when the node is out of the routing: how long that took.</summary>
    public async Task<TimeSpan> WaitUntilGoneAsync(string nodeId)
    {
        var watch = Stopwatch.StartNew();
        await Wait.UntilAsync(async () => !await IsRoutedAsync(nodeId), $"{nodeId} to be out of the routing", LeasePatience);
        return watch.Elapsed;
    }

    /// <summary>Returns when every client of the scene is in its room, as the controllers see it.</summary>
    public Task WaitUntilAllAreThereAsync() =>
        Wait.UntilAsync(async () => await UsersInRoomsAsync() == scene.Clients.Count, "the controllers to know everybody in the rooms");

    /// <summary>Users in the rooms, one room after another.</summary>
    public async Task<int> UsersInRoomsAsync()
    {
        var users = 0;
        foreach (var room in scene.Rooms)
            users += (await scene.Cluster.Controller().GetRoomInfoAsync(new GetRoomInfoRequest { RoomId = room, MaxMembers = 1 })).UserCount;
        return users;
    }

    /// <summary>The least of <see cref="UsersInRoomsAsync"/> until the task ends.</summary>
    public async Task<int> FewestUsersInRoomsAsync(Task until)
    {
        var fewest = await UsersInRoomsAsync();
        while (!until.IsCompleted)
        {
            await Task.WhenAny(until, Task.Delay(TimeSpan.FromMilliseconds(250)));
            fewest = Math.Min(fewest, await UsersInRoomsAsync());
        }

        await until;
        return fewest;
    }
}
