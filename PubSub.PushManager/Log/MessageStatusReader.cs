using PubSub.Protocol;
using PubSub.Protocol.Channels;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>
/// Says what became of a message to a user. It is read from what is kept anyway, the log and the cursors, so that a
/// delivery costs nothing for it. The price: a cursor knows when it moved last, so of a device that has got further
/// since, the time is that by which the message had arrived.
/// </summary>
internal sealed class MessageStatusReader(ChannelLog log)
{
    private const int LogIsOff = 1;
    private const int IsUnknown = 3;

    private static readonly RedisScript Script = new("channel.lua", "message_status.lua");

    public async Task<MessageStatusAnswer> ReadAsync(ChannelId channel, string messageId, ChannelPosition position)
    {
        List<RedisKey> keys =
        [
            LogKeys.Log(channel), LogKeys.Position(channel), LogKeys.Owner(channel), LogKeys.Cursors(channel),
            LogKeys.MessageId(channel, messageId),
        ];
        var values = log.CommonValues(channel);
        values.AddRange([messageId, position.Epoch, position.Offset]);
        var answer = await log.EvaluateAsync(Script, keys, values);
        var verdict = (int)answer[0];
        if (verdict is LogIsOff or IsUnknown)
            return new MessageStatusAnswer(null, verdict is LogIsOff);

        var place = new ChannelPosition(RedisNumber.Parse(answer[1]), RedisNumber.Parse(answer[2]));
        var status = new MessageStatus { Position = place.ToProto(), AcceptedAt = RedisNumber.Parse(answer[3]), MessageId = (string)answer[4]! };
        status.Devices.AddRange(Devices((string[])answer[5]!, place));
        return new MessageStatusAnswer(status, false);
    }

    private static SortedDictionary<string, DeviceReceipt>.ValueCollection Devices(string[] cursors, ChannelPosition place)
    {
        var devices = new SortedDictionary<string, DeviceReceipt>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < cursors.Length; i += 2)
        {
            var colon = cursors[i].IndexOf(':', StringComparison.Ordinal);
            var device = cursors[i][(colon + 1)..];
            if (!devices.TryGetValue(device, out var receipt))
                devices[device] = receipt = new DeviceReceipt { DeviceId = device };
            if (TimeOf(cursors[i + 1], place) is not { } time)
                continue;
            if (cursors[i].StartsWith("read:", StringComparison.Ordinal))
                receipt.ReadBy = time;
            else
                receipt.DeliveredBy = time;
        }

        return devices.Values;
    }

    /// <summary>When the cursor ("epoch-offset milliseconds") moved last; null where it has not come to the place.</summary>
    private static long? TimeOf(string cursor, ChannelPosition place)
    {
        var (dash, blank) = (cursor.IndexOf('-', StringComparison.Ordinal), cursor.IndexOf(' ', StringComparison.Ordinal));
        return RedisNumber.Parse(cursor.AsSpan(0, dash)) == place.Epoch && RedisNumber.Parse(cursor.AsSpan(dash + 1, blank - dash - 1)) >= place.Offset
            ? RedisNumber.Parse(cursor.AsSpan(blank + 1))
            : null;
    }
}

/// <param name="Status">Null where the log does not hold the message.</param>
/// <param name="LogIsOff">Nothing is kept of this user's messages.</param>
internal readonly record struct MessageStatusAnswer(MessageStatus? Status, bool LogIsOff);
