using System.Diagnostics;
using PubSub.Protocol;
using Xunit.Abstractions;

namespace PubSub.Tests.Integration.Controller.Doors;

[Collection(SharedController.Name)]
public sealed class ManyAtOnce(ControllerFixture fixture, ITestOutputHelper output)
{
    [Fact]
    public async Task A_storm_of_10000_connects_is_taken_whole_and_goes_away_whole()
    {
        var calls = fixture.Controller.Calls;
        await fixture.Controller.RegisterAsync("storm-n");
        for (var room = 0; room < 30; room++)
            await calls.CreateRoomAsync(new() { RoomId = $"storm-r{room}", MaxUsers = 1000 });
        var before = await calls.GetRoomStatsAsync(new());

        var watch = Stopwatch.StartNew();
        var online = await ApplyAsync(i => Change.Online($"storm-u{i}", $"s{i}", $"storm-r{i % 30}"));
        output.WriteLine($"10,000 sessions with a room each in {watch.Elapsed.TotalSeconds:0.00} s");
        var during = await calls.GetRoomStatsAsync(new() { RoomId = "storm-r7" });
        watch.Restart();
        var offline = await ApplyAsync(i => Change.Offline($"storm-u{i}", $"s{i}"));
        output.WriteLine($"and gone in {watch.Elapsed.TotalSeconds:0.00} s");
        var after = await calls.GetRoomStatsAsync(new() { RoomId = "storm-r7" });

        Assert.Equal(10_000, online);
        Assert.Equal(10_000, offline);
        Assert.Equal((10_000, 10_000, 334), (during.Sessions - before.Sessions, during.Users - before.Users, during.UserCount));
        Assert.Equal((before.Sessions, before.Users, 0), (after.Sessions, after.Users, after.UserCount));
    }

    private async Task<int> ApplyAsync(Func<int, SessionChange> change)
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 10_000).Chunk(250).Select(some =>
        {
            var request = new UpdateSessionsRequest { Node = new() { NodeId = "storm-n", Incarnation = 1 } };
            request.Changes.AddRange(some.Select(change));
            return fixture.Controller.Calls.UpdateSessionsAsync(request).ResponseAsync;
        }));
        return replies.Sum(reply => reply.Outcomes.Count(outcome => outcome.Code == 0));
    }
}
