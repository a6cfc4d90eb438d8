using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

/// <summary>The controller dies before the n-th command of an operation, for every n that the operation has.</summary>
[Collection(SharedRedis.Name)]
public sealed class ADyingControllerLosesAndLeavesNothing(RedisFixture fixture) : RedisTest(fixture)
{
    private static readonly Dictionary<string, SessionChange[]> Operations = new()
    {
        ["online"] = [Change.Online("bob", "laptop", "r0", "r1", "r2")],
        ["online and join"] = [Change.Online("bob", "laptop", "r0"), Change.Join("bob", "laptop", "r2")],
        ["second device"] = [Change.Online("alice", "laptop", "r0", "r2")],
        ["offline"] = [Change.Offline("alice", "phone")],
        ["join"] = [Change.Join("alice", "phone", "r2")],
        ["leave"] = [Change.Leave("alice", "phone", "r1")],
    };

    public static TheoryData<string> OperationNames => [.. Operations.Keys];

    [Theory]
    [MemberData(nameof(OperationNames))]
    public Task What_the_node_repeats_ends_as_if_nothing_had_happened(string operation) =>
        AtEveryCommandAsync(operation, async (survivor, snapshot) =>
        {
            await survivor.ApplyAsync("n1", 1, Operations[operation]);
            await survivor.Check.CheckAsync(CancellationToken.None);

            Assert.Equal(snapshot, await DescribeAsync(survivor));
        });

    [Theory]
    [MemberData(nameof(OperationNames))]
    public Task What_the_node_does_not_repeat_goes_with_the_node(string operation) =>
        AtEveryCommandAsync(operation, async (survivor, _) =>
        {
            survivor.Sweep.LeaseEnded("n1", 1);
            await survivor.Sweep.SweepAsync(CancellationToken.None);
            await survivor.Check.CheckAsync(CancellationToken.None);

            Assert.Empty(await KeysAsync("{user:*"));
            Assert.Empty(await KeysAsync("{room:*"));
            Assert.Empty(await KeysAsync("{node:*"));
            Assert.Equal(0, (await survivor.StatisticsAsync()).Users);
        });

    [Fact]
    public async Task Sessions_of_a_stay_that_nobody_knows_any_more_are_found_by_the_check()
    {
        await using var controller = NewController();
        await controller.RegisterAsync("n1");
        await controller.RegisterAsync("n2");
        await controller.OnlineAsync("n1", "alice", "phone", "r");
        await controller.OnlineAsync("n2", "bob", "phone", "r");
        await Redis.CommandAsync("HDEL", "{cluster}:nodes", "n1");

        var result = await controller.Check.CheckAsync(CancellationToken.None);

        Assert.Equal(1, result.Removed);
        Assert.Equal(["n2/1"], await controller.NodesOfAsync("room:r"));
        Assert.Equal(1, (await controller.StatisticsAsync()).Users);
    }

    private async Task AtEveryCommandAsync(string operation, Func<ControllerCore, string, Task> verifyAsync)
    {
        await using var survivor = NewController(nodes => nodes.GraceSeconds = 0);
        var isComplete = false;
        for (var commands = 0; !isComplete; commands++)
        {
            await PrepareAsync(survivor);
            await survivor.ApplyAsync("n1", 1, Operations[operation]);
            var snapshot = await DescribeAsync(survivor);

            await PrepareAsync(survivor);
            await using var dying = NewController();
            await dying.StatisticsAsync();
            dying.Redis.DieAfter(commands);
            isComplete = await CompletesAsync(dying.ApplyAsync("n1", 1, Operations[operation]));
            await verifyAsync(survivor, snapshot);
            Assert.InRange(commands, 0, 100);
        }
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

    private async Task PrepareAsync(ControllerCore controller)
    {
        await Redis.CommandAsync("FLUSHALL");
        await controller.RegisterAsync("n1");
        await controller.OnlineAsync("n1", "alice", "phone", "r0", "r1");
        await controller.Rooms.CreateAsync(new CreateRoomRequest { RoomId = "r2" });
    }

    /// <summary>All that users can see, without what differs from run to run.</summary>
    private static async Task<string> DescribeAsync(ControllerCore controller)
    {
        var lines = new List<string> { $"{await controller.StatisticsAsync()}" };
        foreach (var room in (await controller.RoomReader.ListAsync("", 10)).Rooms)
        {
            var info = await controller.RoomReader.DescribeAsync(room.Room.RoomId, 10);
            lines.Add($"{info.Room.RoomId}: {info.UserCount} {string.Join(' ', info.Members.Select(m => $"{m.UserId}*{m.Devices}"))} on {string.Join(' ', info.NodeIds)}");
        }

        foreach (var user in new[] { "alice", "bob" })
        {
            // In no order that means anything: a repetition may put a session behind another.
            var sessions = await controller.Get<PubSub.Controller.Sessions.UserReader>().SessionsAsync(user, "", "");
            foreach (var session in sessions.OrderBy(session => session.Key.SessionId, StringComparer.Ordinal))
                lines.Add($"{user} {session.Key.SessionId}: {string.Join(' ', (await controller.UserAsync(user)).Sessions.Single(s => s.SessionId == session.Key.SessionId).RoomIds)}");
        }

        return string.Join('\n', lines);
    }
}
