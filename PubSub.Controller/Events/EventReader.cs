using System.Globalization;
using Microsoft.Extensions.Options;
using PubSub.Controller.Redis;
using PubSub.Protocol;
using PubSub.ServiceDefaults.Feeds;
using StackExchange.Redis;

namespace PubSub.Controller.Events;

/// <summary>Reads the events: one feed, which has no name.</summary>
internal sealed class EventReader(RedisStore redis, IOptions<EventOptions> options) : IFeeds<ClusterEvent>
{
    private const int AtOnce = 500;

    public TimeSpan Poll => options.Value.Poll;

    public async Task<long> LastAsync(string feed) =>
        (long)await redis.AskAsync("events", database => database.StringGetAsync(RedisKeys.EventNumber));

    public async Task<IReadOnlyList<IReadOnlyList<ClusterEvent>>> ReadAsync(IReadOnlyList<FeedPlace> places) =>
        await Task.WhenAll(places.Select(place => ReadAsync(place.After)));

    public long NumberOf(ClusterEvent entry) => entry.Number;

    public ClusterEvent WithMissed(ClusterEvent entry, long missed) => new(entry) { Missed = missed };

    public bool IsAway(Exception failure) => failure is RedisAwayException;

    private async Task<IReadOnlyList<ClusterEvent>> ReadAsync(long after)
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
