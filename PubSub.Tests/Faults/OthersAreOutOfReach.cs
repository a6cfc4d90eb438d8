using System.Collections.Concurrent;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Faults;

/// <summary>What is out of reach for a while costs nobody a message, and nobody is taken for dead who is not.</summary>
public sealed class OthersAreOutOfReach(ITestOutputHelper output)
{
    [Fact]
    public async Task Etcd_is_away_and_pushes_go_on_and_nobody_is_evicted()
    {
        await using var scene = await FaultScene.StartAsync(output);
        var presence = new Presence(scene);
        await presence.WaitUntilAllAreThereAsync();
        using var events = scene.Cluster.Controller().WatchEvents(new WatchEventsRequest());
        await Wait.ForAsync(events.ResponseHeadersAsync, "the watch to begin");
        var seen = new ConcurrentQueue<string>();
        var watching = NoteAsync(events, seen);
        await scene.PublishAsync(TimeSpan.FromSeconds(1));

        var away = 2 * scene.Size.Outage;
        var outage = BeAwayAsync(scene, away);
        var fewest = await presence.FewestUsersInRoomsAsync(until: outage);

        // The events would have told of anybody who was evicted: they do tell of one who comes and goes.
        await (await ClusterClient.ConnectAsync(scene.Cluster.NodeUri(0), "guest", scene.Rooms[0])).DisposeAsync();
        await Wait.UntilAsync(() => seen.Contains("UserOffline guest"), "the guest to be told of");
        var cutOff = scene.Clients.Sum(client => client.Absences.Count);
        var refused = scene.Refused;
        events.Dispose();
        await watching;

        var verdict = await scene.EndAsync($"etcd away for {away.TotalSeconds} s", faults: 1);
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal((0, 0), (cutOff, refused));
        Assert.Equal(scene.Clients.Count, fewest);
        Assert.Equal(["UserOnline guest", "UserOffline guest"], seen);
    }

    private static async Task BeAwayAsync(FaultScene scene, TimeSpan away)
    {
        scene.Cluster.Etcd.Kill();
        // Longer than every lease.
        await scene.PublishAsync(away);
        await scene.Cluster.Etcd.RestartAsync();
        // Whoever is missed is dropped a lease after that.
        await scene.PublishAsync(TimeSpan.FromSeconds(10) + scene.Size.Interval);
    }

    private static async Task NoteAsync(AsyncServerStreamingCall<ClusterEvent> events, ConcurrentQueue<string> seen)
    {
        try
        {
            await foreach (var change in events.ResponseStream.ReadAllAsync())
                seen.Enqueue($"{change.Kind} {change.Id}");
        }
        catch (RpcException over) when (over.StatusCode is StatusCode.Cancelled)
        {
            // The watch was ended.
        }
    }
}
