using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.PushManager.Log;
using PubSub.PushManager.Upstreams;
using PubSub.ServiceDefaults.Feeds;
using StackExchange.Redis;

namespace PubSub.PushManager.Receipts;

/// <summary>The feeds of receipts, in Redis.</summary>
internal sealed class ReceiptFeeds(ChannelLog redis, IOptions<ReceiptOptions> options, ReceiptMetrics metrics) : IFeeds<Receipt>
{
    /// <summary>In which a receipt that comes again is known as the same one.</summary>
    private const int SameSeconds = 300;

    private const int AtOnce = 500;

    private static readonly RedisScript TellScript = new("receipt_tell.lua");
    private static readonly RedisScript ReadScript = new("receipt_read.lua");
    private static readonly RedisScript LastScript = new("receipt_last.lua");

    public TimeSpan Poll => options.Value.Poll;

    public async Task TellAsync(IEnumerable<DueReceipt> receipts)
    {
        foreach (var feed in receipts.GroupBy(receipt => receipt.Feed, StringComparer.Ordinal))
        {
            List<RedisKey> keys = [ReceiptKeys.Feed(feed.Key), ReceiptKeys.Number(feed.Key), ReceiptKeys.Told(feed.Key)];
            List<RedisValue> values = [options.Value.Kept, options.Value.Seconds, SameSeconds];
            foreach (var receipt in feed)
            {
                values.AddRange(
                [
                    receipt.UserId, receipt.MessageId, receipt.Position.Epoch, receipt.Position.Offset, receipt.Device,
                    (int)receipt.Kind, receipt.At, receipt.Session,
                ]);
            }

            var answer = await redis.EvaluateAsync(TellScript, keys, values);
            metrics.Told((int)answer[0]);
        }
    }

    public async Task<long> LastAsync(string feed) =>
        RedisNumber.Parse((await redis.EvaluateAsync(LastScript, [ReceiptKeys.Number(feed)], []))[0]);

    /// <summary>In one round trip, however many feeds.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<Receipt>>> ReadAsync(IReadOnlyList<FeedPlace> places)
    {
        List<RedisKey> keys = [.. places.Select(place => ReceiptKeys.Feed(place.Feed))];
        List<RedisValue> values = [AtOnce, .. places.Select(place => (RedisValue)place.After)];
        var answer = await redis.EvaluateAsync(ReadScript, keys, values);
        return [.. answer.Select(feed => ((RedisResult[])feed!).Select(entry => Parse((RedisResult[])entry!)).ToList())];
    }

    public long NumberOf(Receipt entry) => entry.Number;

    public Receipt WithMissed(Receipt entry, long missed) => new(entry) { Missed = missed };

    public bool IsAway(Exception failure) => failure is UpstreamAwayException;

    private static Receipt Parse(RedisResult[] entry)
    {
        var id = (string)entry[0]!;
        var read = new Receipt { Number = RedisNumber.Parse(id.AsSpan(0, id.IndexOf('-', StringComparison.Ordinal))), Position = new Position() };
        var fields = (RedisResult[])entry[1]!;
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            var value = (string)fields[i + 1]!;
            switch ((string)fields[i]!)
            {
                case "user":
                    read.UserId = value;
                    break;
                case "message":
                    read.MessageId = value;
                    break;
                case "epoch":
                    read.Position.Epoch = RedisNumber.Parse(value);
                    break;
                case "offset":
                    read.Position.Offset = RedisNumber.Parse(value);
                    break;
                case "device":
                    read.DeviceId = value;
                    break;
                case "session":
                    read.SessionId = value;
                    break;
                case "kind":
                    read.Kind = (ReceiptKind)RedisNumber.Parse(value);
                    break;
                case "at":
                    read.At = RedisNumber.Parse(value);
                    break;
                default:
                    break; // A later version may write more.
            }
        }

        return read;
    }
}
