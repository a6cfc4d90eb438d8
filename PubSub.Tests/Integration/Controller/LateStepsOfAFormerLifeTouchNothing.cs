using PubSub.Controller.Redis;
using PubSub.Controller.Sessions;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

/// <summary>Steps that arrive after the world has moved on, one by one in the order in which they would do harm.</summary>
[Collection(SharedRedis.Name)]
public sealed class LateStepsOfAFormerLifeTouchNothing(RedisFixture fixture) : RedisTest(fixture)
{
    [Fact]
    public async Task A_leave_of_the_former_generation_keeps_the_present_member()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.OnlineAsync("n1", "alice", "alice", "r");
        var key = await KeyAsync(controller, "alice");
        var former = await GenerationAsync(controller, key);
        await controller.Sessions.EndAsync(key);
        await controller.OnlineAsync("n1", "alice", "alice", "r");

        var left = await controller.Rooms.LeaveAsync("r", key, former);

        Assert.False(left.WasIn);
        Assert.Equal(1, left.UserCount);
    }

    [Fact]
    public async Task A_session_that_begins_while_its_former_life_is_ending_finishes_that_first()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.OnlineAsync("n1", "alice", "alice", "old");
        var key = await KeyAsync(controller, "alice");
        await BeginEndAsync(controller, key);

        await controller.OnlineAsync("n1", "alice", "alice", "new");

        Assert.Empty(await controller.NodesOfAsync("room:old"));
        Assert.Equal(["new"], (await controller.UserAsync("alice")).Sessions.Single().RoomIds);
    }

    [Fact]
    public async Task A_session_that_is_ending_has_no_devices_and_joins_nothing()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.OnlineAsync("n1", "alice", "phone", "r");
        await BeginEndAsync(controller, await KeyAsync(controller, "alice"));

        var join = await controller.ApplyAsync("n1", 1, Change.Join("alice", "phone", "r"));

        Assert.Equal(PubSub.Controller.RefusalKind.NotFound, join[0].Refusal!.Kind);
        Assert.Empty(await controller.NodesOfAsync("user:alice"));
    }

    [Fact]
    public async Task A_batch_that_goes_on_after_its_node_was_removed_takes_back_what_it_wrote()
    {
        await using var one = NewController();
        await using var other = NewController(nodes => nodes.GraceSeconds = 0);
        for (var round = 1; round <= 10; round++)
        {
            await one.RegisterAsync("n1", round);
            var sessions = Enumerable.Range(0, 50).Select(i => Change.Online("alice", $"s{i}", "r")).ToArray();

            // One user's sessions begin one after another, so the end of the node falls into the midst of them.
            var batch = one.ApplyAsync("n1", round, sessions);
            await Wait.UntilAsync(async () => (long)(await Redis.CommandAsync("HLEN", "{user:alice}:sessions"))! > 0, "the first session");
            other.Sweep.LeaseEnded("n1", round);
            await other.Sweep.SweepAsync(CancellationToken.None);
            var refusal = await Record.ExceptionAsync(() => batch);
            await other.Sweep.SweepAsync(CancellationToken.None);

            Assert.Empty(await KeysAsync("{user:*"));
            Assert.Empty(await one.NodesOfAsync("room:r"));
            Assert.True(refusal is null or PubSub.Controller.Refusal, refusal?.ToString());
        }
    }

    [Fact]
    public async Task A_list_entry_written_from_an_outdated_view_corrects_itself()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.OnlineAsync("n1", "alice", "phone");
        var index = controller.Get<IndexMirror>();

        await index.FollowUserAsync("alice", exists: false);
        await index.FollowUserAsync("bob", exists: true);

        Assert.Equal(1, (await controller.StatisticsAsync()).Users);
    }

    private static async Task<SessionKey> KeyAsync(ControllerCore controller, string user) =>
        (await controller.Get<UserReader>().SessionsAsync(user, "", "")).Single().Key;

    private static async Task<string> GenerationAsync(ControllerCore controller, SessionKey key) =>
        (await controller.Get<UserReader>().SessionsAsync(key.UserId, "", "")).Single().Record.Generation;

    /// <summary>What a controller does that dies after the first step of an end.</summary>
    private static async Task BeginEndAsync(ControllerCore controller, SessionKey key) => await controller.Redis.RunAsync(
        StoreScript.Load("session_ending"),
        [
            RedisKeys.UserSessions(key.UserId), RedisKeys.UserNodes(key.UserId), RedisKeys.UserEnding(key.UserId),
            RedisKeys.SessionRooms(key.UserId, key.InUser),
        ],
        key.InUser, key.Node.Text);
}
