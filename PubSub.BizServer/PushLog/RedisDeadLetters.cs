using System.Globalization;
using PubSub.Protocol.Jobs;
using StackExchange.Redis;

namespace PubSub.BizServer.PushLog;

/// <summary>The dead letters on Redis: a stream beside each partition's jobs.</summary>
internal sealed class RedisDeadLetters(RedisConnection redis, TimeProvider time) : IDeadLetters
{
    // The reason stays behind: the job gets another one if it dies again.
    private const string Replay = """
        local letter = redis.call('XRANGE', KEYS[2], ARGV[1], ARGV[1])[1]
        if not letter then
          return 0
        end
        local fields = {}
        for i = 1, #letter[2], 2 do
          if letter[2][i] ~= 'reason' then
            fields[#fields + 1] = letter[2][i]
            fields[#fields + 1] = letter[2][i + 1]
          end
        end
        redis.call('XADD', KEYS[1], '*', unpack(fields))
        redis.call('XDEL', KEYS[2], ARGV[1])
        redis.call('PUBLISH', ARGV[2], KEYS[1])
        return 1
        """;

    public async Task<IReadOnlyList<DeadLetter>> ListAsync(int limit, CancellationToken cancellationToken)
    {
        var found = new List<DeadLetter>();
        for (var partition = 0; partition < PushLogNames.Partitions; partition++)
        {
            RedisKey key = PushLogNames.DeadLetters(partition);
            var entries = (RedisResult[])(await redis.CallAsync(
                database => database.ExecuteAsync("XRANGE", key, "-", "+", "COUNT", limit), time, cancellationToken))!;
            var number = partition;
            found.AddRange(entries.Select(entry => Read(number, (RedisResult[])entry!)));
        }

        return [.. found.OrderBy(letter => letter.BuriedAt).Take(limit)];
    }

    public async Task<bool> ReplayAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        RedisKey[] keys = [PushLogNames.Jobs(letter.Partition), PushLogNames.DeadLetters(letter.Partition)];
        return (int)await redis.EvaluateAsync(Replay, keys, [letter.LogId, PushLogNames.Wake], time, cancellationToken) == 1;
    }

    private static DeadLetter Read(int partition, RedisResult[] entry)
    {
        var id = (string)entry[0]!;
        var fields = (RedisValue[])entry[1]!;
        var (reason, job) = ("", (byte[]?)null);
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            if (fields[i] == "reason")
                reason = (string)fields[i + 1]!;
            else if (fields[i] == PushLogNames.JobField)
                job = fields[i + 1];
        }

        var millis = long.Parse(id.AsSpan(0, id.IndexOf('-', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
        return new DeadLetter(partition, id, DateTimeOffset.FromUnixTimeMilliseconds(millis), reason, DeadLetter.ReadJob(job)) { Bytes = job ?? [] };
    }
}
