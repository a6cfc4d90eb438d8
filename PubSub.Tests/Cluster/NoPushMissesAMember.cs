using System.Collections.Concurrent;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>SPEC.md 5.1: after <c>joined</c> with a position every later message comes.</summary>
[Collection(SharedCluster.Name)]
public sealed class NoPushMissesAMember(ClusterFixture fixture)
{
    private const int Races = 10_000;
    private const int Clients = 50;
    private const int Rooms = 60;

    [Fact]
    public async Task A_push_accepted_after_a_join_was_answered_arrives_whoever_else_joins_leaves_and_pushes()
    {
        var cluster = fixture.Cluster;
        var prefix = fixture.NewName("race");
        var faults = new ConcurrentBag<string>();
        PushManagerService.PushManagerServiceClient[] managers = [cluster.PushManager(0), cluster.PushManager(1)];
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(
            i => ClusterClient.ConnectAsync(cluster.NodeUri(i % 3), $"{prefix}-user-{i}")));
        foreach (var i in Enumerable.Range(0, Rooms))
            await cluster.Controller().CreateRoomAsync(new CreateRoomRequest { RoomId = $"{prefix}-room-{i}" });

        await Task.WhenAll(clients.Select((client, seed) => RaceAsync(client, seed)));

        foreach (var client in clients)
            await client.DisposeAsync();
        Assert.True(faults.IsEmpty, $"{faults.Count} of {Races} races: {faults.FirstOrDefault()}");

        async Task RaceAsync(ClusterClient client, int seed)
        {
            var random = new Random(seed);
            for (var race = 0; race < Races / Clients; race++)
            {
                var room = $"{prefix}-room-{random.Next(Rooms)}";
                var before = client.Deliveries.Count;
                var racing = random.Next(3) switch
                {
                    0 => Task.CompletedTask,
                    1 => PushAsync(room, "racing"),
                    _ => Task.Run(() => PushAsync(room, "racing")),
                };
                var joined = await client.JoinAsync(room);
                var accepted = await PushAsync(room, "after");
                // It may come after the answer to its publisher only where the log had to be read.
                var channel = $"room:{room}";
                await Wait.UntilAsync(
                    () => client.Received(channel, accepted), $"offset {accepted} of {room}, pushed after the join at {joined}", TimeSpan.FromSeconds(40));
                await client.LeaveAsync(room);
                await racing;
                var got = client.Deliveries.Skip(before).Where(one => one.Channel == channel).ToList();
                if (DeliveryCheck.FaultOfMember(got, joined, accepted) is { } fault)
                    faults.Add($"{client.UserId}, race {race}: {fault}");
            }

            async Task<long> PushAsync(string room, string text)
            {
                var request = new PushToRoomRequest { RoomId = room, Content = new Content { Data = text } };
                return (await managers[random.Next(2)].PushToRoomAsync(request)).Position.Offset;
            }
        }
    }
}
