using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

/// <summary>Random operations against a model of a few lines; each seed is one history, run side by side where it may be.</summary>
[Collection(SharedRedis.Name)]
public sealed class CountersReturnToZeroAfterChurn(RedisFixture fixture) : RedisTest(fixture)
{
    private const int MaxUsers = 4;
    private static readonly string[] RoomIds = ["r0", "r1", "r2"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task After_each_operation_the_controllers_know_what_a_simple_model_knows(int seed)
    {
        await using var one = NewController();
        await using var other = NewController();
        var random = new Random(seed);
        var model = new Model();
        for (var node = 0; node < 2; node++)
            await one.RegisterAsync($"n{node}");
        foreach (var room in RoomIds)
            await one.Rooms.CreateAsync(new CreateRoomRequest { RoomId = room, MaxUsers = MaxUsers });

        for (var step = 0; step < 300; step++)
        {
            var controller = random.Next(2) == 0 ? one : other;
            var session = new Key($"u{random.Next(7)}", $"s{random.Next(2)}", $"n{random.Next(2)}");
            var room = RoomIds[random.Next(RoomIds.Length)];
            var change = random.Next(5) switch
            {
                0 => Change.Online(session.User, session.Session, room),
                1 => Change.Online(session.User, session.Session),
                2 => Change.Join(session.User, session.Session, room),
                3 => Change.Leave(session.User, session.Session, room),
                _ => Change.Offline(session.User, session.Session),
            };

            var outcome = (await controller.ApplyAsync(session.Node, 1, change))[0];

            var granted = outcome.Refusal is null && (outcome.Begun?.Rooms.All(attempt => attempt.Joined is not null) ?? true);
            Assert.True(model.Apply(session, change) == granted, $"seed {seed}, step {step}: {change} of {session} was granted: {granted}");
            if (step % 10 == 0)
                await AssertSameAsync(model, other, $"seed {seed}, step {step}");
        }

        foreach (var session in model.Sessions.Keys.ToArray())
            await one.ApplyAsync(session.Node, 1, Change.Offline(session.User, session.Session));
        await AssertNothingIsLeftAsync(other);
    }

    [Fact]
    public async Task Operations_on_the_same_sessions_that_all_race_leave_nothing_once_all_ended()
    {
        await using var one = NewController();
        await using var other = NewController();
        await one.RegisterAsync("n0");
        foreach (var room in RoomIds)
            await one.Rooms.CreateAsync(new CreateRoomRequest { RoomId = room, MaxUsers = MaxUsers });

        await Task.WhenAll(Enumerable.Range(0, 16).Select(async worker =>
        {
            var random = new Random(worker);
            for (var step = 0; step < 60; step++)
            {
                var (user, session) = ($"u{random.Next(5)}", $"s{random.Next(2)}");
                var room = RoomIds[random.Next(RoomIds.Length)];
                await (worker % 2 == 0 ? one : other).ApplyAsync("n0", 1, random.Next(4) switch
                {
                    0 => Change.Online(user, session, room),
                    1 => Change.Join(user, session, room),
                    2 => Change.Leave(user, session, room),
                    _ => Change.Offline(user, session),
                });
            }
        }));

        for (var user = 0; user < 5; user++)
        {
            for (var session = 0; session < 2; session++)
                await one.ApplyAsync("n0", 1, Change.Offline($"u{user}", $"s{session}"));
        }

        await AssertNothingIsLeftAsync(other);
    }

    private static async Task AssertSameAsync(Model model, ControllerCore controller, string where)
    {
        var statistics = await controller.StatisticsAsync();
        Assert.True(statistics.Sessions == model.Sessions.Count, $"{where}: sessions {statistics.Sessions}, model {model.Sessions.Count}");
        Assert.Equal(model.Sessions.Keys.Select(key => key.User).Distinct().Count(), statistics.Users);
        foreach (var room in RoomIds)
        {
            var info = await controller.RoomReader.DescribeAsync(room, 100);
            var members = model.Sessions.Where(session => session.Value.Contains(room)).Select(session => session.Key).ToList();
            Assert.Equal(members.Select(key => key.Node).Distinct().Order(StringComparer.Ordinal), info.NodeIds);
            Assert.Equal(
                members.GroupBy(key => key.User).Select(user => (user.Key, user.Count())).Order(),
                info.Members.Select(member => (member.UserId, member.Devices)).Order());
            Assert.Equal(info.Members.Count, info.UserCount);
        }
    }

    private async Task AssertNothingIsLeftAsync(ControllerCore controller)
    {
        var statistics = await controller.StatisticsAsync();
        Assert.Equal((0, 0), (statistics.Users, statistics.Sessions));
        Assert.Empty(await KeysAsync("{user:*"));
        Assert.Empty(await KeysAsync("{room:*"));
        Assert.Empty(await KeysAsync("{node:*"));
    }

    private sealed record Key(string User, string Session, string Node);

    private sealed class Model
    {
        public Dictionary<Key, HashSet<string>> Sessions { get; } = [];

        public bool Apply(Key key, SessionChange change)
        {
            switch (change.ChangeCase)
            {
                case SessionChange.ChangeOneofCase.Online:
                    Sessions.TryAdd(key, []);
                    return change.Online.RoomIds.All(room => Enter(key, room));
                case SessionChange.ChangeOneofCase.Join:
                    return Sessions.ContainsKey(key) && Enter(key, change.Join.RoomId);
                case SessionChange.ChangeOneofCase.Leave:
                    Sessions.GetValueOrDefault(key)?.Remove(change.Leave.RoomId);
                    return true;
                default:
                    Sessions.Remove(key);
                    return true;
            }
        }

        private bool Enter(Key key, string room)
        {
            var users = Sessions.Where(session => session.Value.Contains(room)).Select(session => session.Key.User).ToHashSet();
            if (!users.Contains(key.User) && users.Count == MaxUsers)
                return false;
            Sessions[key].Add(room);
            return true;
        }
    }
}
