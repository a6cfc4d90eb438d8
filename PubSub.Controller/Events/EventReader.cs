using System.Globalization;
using PubSub.Controller.Redis;
using PubSub.Protocol;
using StackExchange.Redis;

namespace PubSub.Controller.Events;

/// <summary>
/// Reads the events. They are numbered without a hole, so a reader sees by the numbers alone whether some are no longer
/// kept.
/// </summary>
internal sealed class EventReader(RedisStore redis)
{
    private const int AtOnce = 500;

    /// <summary>The number of the latest event, 0 where there was none.</summary>
    public async Task<long> LastAsync() =>
        (long)await redis.AskAsync("events", database => database.StringGetAsync(RedisKeys.EventNumber));

    /// <summary>The next events, oldest first.</summary>
    public async Task<IReadOnlyList<ClusterEvent>> ReadAsync(long after)
    {
        var answer = await redis.AskAsync("events", database => database.ExecuteAsync(
            "XRANGE", RedisKeys.Events, Id(after + 1), "+", "COUNT", AtOnce));
        return [.. ((RedisResult[])answer!).Select(entry => Parse((RedisResult[])entry!))];
    }

    private static string Id(long number) => number.ToString(CultureInfo.InvariantCulture) + "-0";

    private static ClusterEvent Parse(RedisResult[] entry)
    {
        var id = (string)entry[0]!;
        var read = new ClusterEvent { Number = long.Parse(id.AsSpan(0, id.IndexOf('-', StringComparison.Ordinal)), CultureInfo.InvariantCulture) };
        var fields = (RedisResult[])entry[1]!;
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            var value = (string)fields[i + 1]!;
            switch ((string)fields[i]!)
            {
                case "kind":
                    read.Kind = EventKinds.Parse(value);
                    break;
                case "id":
                    read.Id = value;
                    break;
                case "at":
                    read.At = long.Parse(value, CultureInfo.InvariantCulture);
                    break;
                default:
                    break; // A later version may write more.
            }
        }

        return read;
    }
}
