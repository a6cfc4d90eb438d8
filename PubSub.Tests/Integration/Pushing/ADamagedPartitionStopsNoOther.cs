using System.Globalization;
using System.Net;
using PubSub.Protocol.Jobs;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>A key of the push log that somebody overwrote: one partition of it waits until the key is mended, and no other.</summary>
public sealed class ADamagedPartitionStopsNoOther(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private const string DefaultLog = """{"off":false,"max_messages":0,"max_age_seconds":0}""";
    private const string Overwrite = "redis.call('DEL', KEYS[1]) redis.call('SADD', KEYS[1], 'neither stream nor string')";
    private const int Damaged = 3410;

    private readonly RedisProcess _redis = fixture.Redis;

    [Theory]
    [InlineData("jobs")]
    [InlineData("owner")]
    public async Task The_worker_goes_on_with_the_others_and_with_this_one_when_it_is_mended(string key)
    {
        // One worker has all partitions, so whatever holds it up holds up every room.
        await using var scene = await PushScene.StartAsync(_redis, "--JOB_WORKERS=1", "--JOB_LEASE_MS=1000");
        var (node, identity) = await scene.AddNodeAsync();
        var rooms = await RoomsAsync(scene, identity);
        var partition = PushLogNames.PartitionOf($"room:{rooms[0]}");
        await PartitionsAreHeldAsync(scene);

        await _redis.CommandAsync("EVAL", Overwrite, "1", $"{{push-log:{partition}}}:{key}");
        await Wait.UntilAsync(() => scene.Manager.Logs.Entries.Any(static entry => entry.EventId.Id == Damaged), "it to be logged");
        foreach (var room in rooms.Skip(1))
            await AcceptAsync(room);
        await Wait.UntilAsync(() => node.Messages.Count == rooms.Count - 1, "the jobs of the other partitions");
        // Not once only: it is looked at again.
        await Wait.UntilAsync(async () => await DamagesAsync(scene, partition) > 1, "a further look");
        await _redis.CommandAsync("DEL", $"{{push-log:{partition}}}:{key}");
        await AcceptAsync(rooms[0]);

        await Wait.UntilAsync(() => node.Messages.Count == rooms.Count, "the job of the mended partition");
        Assert.Equal(rooms.Order(), node.Messages.Order());
        var log = scene.Manager.Logs.Entries.First(static entry => entry.EventId.Id == Damaged).Message;
        Assert.StartsWith($"Partition {partition} of the push log cannot be used: ", log, StringComparison.Ordinal);
        Assert.Contains($"{{push-log:{partition}}}:jobs and {{push-log:{partition}}}:dead must be streams", log, StringComparison.Ordinal);
        scene.Manager.Logs.AssertOnly(Damaged);
    }

    [Fact]
    public async Task Dead_letters_that_cannot_be_kept_hold_up_their_partition_alone()
    {
        await using var scene = await PushScene.StartAsync(_redis, "--JOB_WORKERS=1", "--JOB_LEASE_MS=1000", "--JOB_TRIES=1");
        var (node, identity) = await scene.AddNodeAsync();
        var rooms = await RoomsAsync(scene, identity);
        var partition = PushLogNames.PartitionOf($"room:{rooms[0]}");
        await PartitionsAreHeldAsync(scene);
        await _redis.CommandAsync("DEL", $"room:{rooms[0]}");
        await _redis.CommandAsync("EVAL", Overwrite, "1", $"{{push-log:{partition}}}:dead");

        await AcceptAsync(rooms[0]);
        await Wait.UntilAsync(() => scene.Manager.Logs.Entries.Any(static entry => entry.EventId.Id == Damaged), "it to be logged");
        foreach (var room in rooms.Skip(1))
            await AcceptAsync(room);
        await Wait.UntilAsync(() => node.Messages.Count == rooms.Count - 1, "the jobs of the other partitions");
        await _redis.CommandAsync("DEL", $"{{push-log:{partition}}}:dead");

        await Wait.UntilAsync(async () => await _redis.CommandAsync("XLEN", $"{{push-log:{partition}}}:dead") is 1L, "the dead letter");
        await _redis.CommandAsync("DEL", $"{{push-log:{partition}}}:dead");
        scene.Manager.Logs.AssertOnly(Damaged, 3402);
    }

    /// <summary>Of each partition one; the first is that of the damage.</summary>
    private static async Task<List<string>> RoomsAsync(PushScene scene, Protocol.NodeIdentity identity)
    {
        var rooms = new Dictionary<int, string>();
        while (rooms.Count < PushLogNames.Partitions)
        {
            var room = await scene.AddRoomAsync(DefaultLog, identity);
            rooms.TryAdd(PushLogNames.PartitionOf($"room:{room}"), room);
        }

        return [.. rooms.Values];
    }

    private static Task PartitionsAreHeldAsync(PushScene scene) => Wait.UntilAsync(
        async () => (await scene.Manager.Metrics.GetStringAsync("/metrics")).Contains($"push_manager_job_partitions {PushLogNames.Partitions}", StringComparison.Ordinal),
        "the worker to have all partitions");

    private static async Task<double> DamagesAsync(PushScene scene, int partition)
    {
        var metric = $"push_manager_job_damages_total{{partition=\"{partition}\"}} ";
        var line = (await scene.Manager.Metrics.GetStringAsync("/metrics")).Split('\n').FirstOrDefault(line => line.StartsWith(metric, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[metric.Length..], CultureInfo.InvariantCulture);
    }

    private async Task AcceptAsync(string room)
    {
        using var answer = await fixture.Server.SendAsync($$"""{"roomId":"{{room}}","userId":"bob","messages":[{"content":"{{room}}"}]}""");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }
}
