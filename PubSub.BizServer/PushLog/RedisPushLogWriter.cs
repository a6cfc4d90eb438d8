using System.Diagnostics;
using Google.Protobuf;
using PubSub.Protocol;
using PubSub.Protocol.Jobs;
using PubSub.ServiceDefaults;
using StackExchange.Redis;

namespace PubSub.BizServer.PushLog;

/// <summary>The push log on Redis Streams: the jobs of a request are appended by one script, all of them or none.</summary>
internal sealed class RedisPushLogWriter(RedisConnection redis, TimeProvider time) : IPushLogWriter
{
    // The id and the channel stand beside the job for people who look with redis-cli.
    private const string Append = """
        for i = 2, #ARGV, 3 do
          redis.call('XADD', KEYS[1], '*', 'id', ARGV[i], 'channel', ARGV[i + 1], 'job', ARGV[i + 2])
        end
        redis.call('PUBLISH', ARGV[1], KEYS[1])
        return #ARGV
        """;

    public async Task AppendAsync(IReadOnlyList<PushJob> jobs, CancellationToken cancellationToken)
    {
        var partition = PushLogNames.PartitionOf(jobs[0].Channel);
        Debug.Assert(jobs.All(job => job.Channel == jobs[0].Channel), "Jobs of several channels are of several partitions.");

        RedisKey[] keys = [PushLogNames.Jobs(partition)];
        List<RedisValue> values = [PushLogNames.Wake];
        foreach (var job in jobs)
            values.AddRange([job.MessageId, job.Channel, job.ToByteArray()]);
        await redis.EvaluateAsync(Append, keys, [.. values], time, cancellationToken);
    }

    public Task<LogDurability> CheckDurabilityAsync(CancellationToken cancellationToken) =>
        LogDurability.OfRedisAsync(name => ReadSettingAsync(name, cancellationToken), "what was answered with 202 and not published yet");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<string?> ReadSettingAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var answer = (RedisResult[])(await redis.CallAsync(
                database => database.ExecuteAsync("CONFIG", "GET", name), time, cancellationToken))!;
            return answer.Length == 2 ? (string?)answer[1] : null;
        }
        catch (PushLogAwayException refused) when (refused.InnerException is RedisServerException { Message: var why }
            && LogDurability.WillNotTell(why))
        {
            return null;
        }
    }
}
