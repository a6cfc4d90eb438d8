using PubSub.Controller.Events;
using PubSub.Protocol;
using PubSub.ServiceDefaults.Feeds;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

[Collection(SharedRedis.Name)]
public sealed class EventsTellWhoCameAndWent(RedisFixture fixture) : RedisTest(fixture)
{
    [Fact]
    public async Task The_first_and_the_last_session_are_told_and_nothing_in_between()
    {
        await using var one = NewController();
        await using var other = NewController();
        await one.RegisterAsync("n1");
        await other.RegisterAsync("n2");

        await one.OnlineAsync("n1", "alice", "phone", "r");
        await one.OnlineAsync("n1", "alice", "phone", "r");
        await other.OnlineAsync("n2", "alice", "laptop", "r");
        await other.OnlineAsync("n2", "bob", "phone", "r");
        await one.ApplyAsync("n1", 1, Change.Offline("alice", "phone"));
        await other.ApplyAsync("n2", 1, Change.Leave("alice", "laptop", "r"), Change.Offline("bob", "phone"));
        await other.ApplyAsync("n2", 1, Change.Offline("alice", "laptop"));

        Assert.Equal(
            ["UserOnline alice", "RoomOccupied r", "UserOnline bob", "RoomVacated r", "UserOffline bob", "UserOffline alice"],
            await EventsAsync(other));
    }

    [Fact]
    public async Task A_dead_node_s_users_go_once_though_two_controllers_sweep_it()
    {
        await using var one = NewController(nodes => nodes.GraceSeconds = 1);
        await using var other = NewController(nodes => nodes.GraceSeconds = 1);
        await one.RegisterAsync("dead");
        await one.RegisterAsync("alive");
        var users = Enumerable.Range(0, 40).Select(number => $"u{number:00}").ToArray();
        await Task.WhenAll(users.Select(user => one.OnlineAsync("dead", user, "phone", "room of " + user)));
        await one.OnlineAsync("alive", "u00", "laptop", "room of u00");
        var before = (await EventsAsync(one)).Length;

        foreach (var controller in new[] { one, other })
            controller.Sweep.LeaseEnded("dead", 1);
        await Task.WhenAll(one.Sweep.SweepAsync(CancellationToken.None), other.Sweep.SweepAsync(CancellationToken.None));
        await other.Sweep.SweepAsync(CancellationToken.None);

        var gone = users[1..];
        Assert.Equal(80, before);
        Assert.Equal(
            [.. gone.Select(user => "RoomVacated room of " + user), .. gone.Select(user => "UserOffline " + user)],
            (await EventsAsync(other)).Skip(before).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_controller_that_dies_at_any_command_leaves_no_event_untold_and_none_told_twice()
    {
        await using var survivor = NewController(nodes => nodes.GraceSeconds = 0);
        for (var (commands, isComplete) = (0, false); !isComplete; commands++)
        {
            await Redis.CommandAsync("FLUSHALL");
            await survivor.RegisterAsync("n1");
            await survivor.OnlineAsync("n1", "alice", "phone", "r");
            await using var dying = NewController();
            await dying.StatisticsAsync();
            dying.Redis.DieAfter(commands);
            isComplete = await CompletesAsync(dying.ApplyAsync("n1", 1, Change.Offline("alice", "phone"), Change.Online("bob", "phone", "q")));

            // No check of the whole state: the end of the node's lease is enough.
            survivor.Sweep.LeaseEnded("n1", 1);
            await survivor.Sweep.SweepAsync(CancellationToken.None);

            var events = await EventsAsync(survivor);
            var withoutBob = events.Where(told => told is not ("UserOnline bob" or "UserOffline bob" or "RoomOccupied q" or "RoomVacated q"));
            Assert.True(
                withoutBob.Order(StringComparer.Ordinal).SequenceEqual(["RoomOccupied r", "RoomVacated r", "UserOffline alice", "UserOnline alice"]),
                $"dead before command {commands}: {string.Join(", ", events)}");
            Assert.True(events.Count(told => told == "UserOnline bob") == events.Count(told => told == "UserOffline bob"));
            Assert.True(events.Count(told => told == "RoomOccupied q") == events.Count(told => told == "RoomVacated q"));
            Assert.InRange(commands, 0, 60);
        }
    }

    [Fact]
    public async Task What_races_ends_with_the_event_that_is_true()
    {
        await using var one = NewController();
        await using var other = NewController();
        await one.RegisterAsync("n1");

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            var controller = worker % 2 == 0 ? one : other;
            for (var round = 0; round < 30; round++)
            {
                await controller.ApplyAsync("n1", 1, Change.Online("alice", $"s{worker}", "r"));
                await controller.ApplyAsync("n1", 1, Change.Offline("alice", $"s{worker}"));
            }
        }));

        var events = await EventsAsync(one);
        var ofUser = events.Where(told => told.EndsWith("alice", StringComparison.Ordinal)).ToList();
        var ofRoom = events.Where(told => told.EndsWith(" r", StringComparison.Ordinal)).ToList();
        Assert.True(ofUser.Index().All(told => told.Item == (told.Index % 2 == 0 ? "UserOnline alice" : "UserOffline alice")));
        Assert.True(ofRoom.Index().All(told => told.Item == (told.Index % 2 == 0 ? "RoomOccupied r" : "RoomVacated r")));
        Assert.Equal(("UserOffline alice", "RoomVacated r"), (ofUser[^1], ofRoom[^1]));
    }

    private static async Task<string[]> EventsAsync(ControllerCore controller)
    {
        var events = new List<ClusterEvent>();
        while (await controller.Get<EventReader>().ReadAsync([new FeedPlace("", events.Count == 0 ? 0 : events[^1].Number)]) is [{ Count: > 0 } page])
            events.AddRange(page);
        Assert.Equal(events.Select((_, i) => events[0].Number + i), events.Select(told => told.Number));
        return [.. events.Select(told => $"{told.Kind} {told.Id}")];
    }

    private static async Task<bool> CompletesAsync(Task operation)
    {
        try
        {
            await operation;
            return true;
        }
        catch (ProcessDiedException)
        {
            return false;
        }
    }
}
