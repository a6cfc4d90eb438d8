using PubSub.Protocol;
using PubSub.Protocol.Channels;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>
/// Says what became of a message to a user. It is read from what acknowledgements leave behind: the cursors of devices,
/// and the latest acknowledgements of sessions, so that a delivery costs nothing for it. The price: what is no longer
/// among the latest has the time of its device's cursor, which knows when it moved last, so that is the time by which
/// the message had arrived, and no session.
/// </summary>
internal sealed class MessageStatusReader(ChannelLog log)
{
    private const int LogIsOff = 1;
    private const int IsUnknown = 3;
    private const int PartsOfAck = 5;

    private static readonly RedisScript Script = new("channel.lua", "message_status.lua");

    public async Task<MessageStatusAnswer> ReadAsync(ChannelId channel, string messageId, ChannelPosition position)
    {
        List<RedisKey> keys =
        [
            LogKeys.Log(channel), LogKeys.Position(channel), LogKeys.Owner(channel), LogKeys.Cursors(channel),
            LogKeys.MessageId(channel, messageId), LogKeys.Acks(channel),
        ];
        var values = log.CommonValues(channel);
        values.AddRange([messageId, position.Epoch, position.Offset]);
        var answer = await log.EvaluateAsync(Script, keys, values);
        var verdict = (int)answer[0];
        if (verdict is LogIsOff or IsUnknown)
            return new MessageStatusAnswer(null, verdict is LogIsOff);

        var place = new ChannelPosition(RedisNumber.Parse(answer[1]), RedisNumber.Parse(answer[2]));
        var status = new MessageStatus { Position = place.ToProto(), AcceptedAt = RedisNumber.Parse(answer[3]), MessageId = (string)answer[4]! };
        var devices = new SortedDictionary<string, DeviceReceipt>(StringComparer.Ordinal);
        AddCursors(devices, (string[])answer[5]!, place);
        AddAcks(devices, (string[])answer[6]!);
        status.Devices.AddRange(devices.Values);
        return new MessageStatusAnswer(status, false);
    }

    private static void AddCursors(SortedDictionary<string, DeviceReceipt> devices, string[] cursors, ChannelPosition place)
    {
        for (var i = 0; i + 1 < cursors.Length; i += 2)
        {
            var colon = cursors[i].IndexOf(':', StringComparison.Ordinal);
            var receipt = Of(devices, cursors[i][(colon + 1)..]);
            if (TimeOf(cursors[i + 1], place) is not { } time)
                continue;
            if (cursors[i].StartsWith("read:", StringComparison.Ordinal))
                receipt.ReadBy = time;
            else
                receipt.DeliveredBy = time;
        }
    }

    private static void AddAcks(SortedDictionary<string, DeviceReceipt> devices, string[] acks)
    {
        for (var i = 0; i + PartsOfAck <= acks.Length; i += PartsOfAck)
        {
            var (at, name) = (RedisNumber.Parse(acks[i]), acks[i + 1]);
            var device = Of(devices, acks[i + 2]);
            var session = device.Sessions.FirstOrDefault(known => known.SessionId == name);
            if (session is null)
                device.Sessions.Add(session = new SessionReceipt { SessionId = name });
            if (acks[i + 3] == "1")
                (session.DeliveredAt, device.DeliveredBy) = (Earlier(session.DeliveredAt, at), Earlier(device.DeliveredBy, at));
            if (acks[i + 4] == "1")
                (session.ReadAt, device.ReadBy) = (Earlier(session.ReadAt, at), Earlier(device.ReadBy, at));
        }
    }

    private static long Earlier(long known, long at) => known == 0 || at < known ? at : known;

    private static DeviceReceipt Of(SortedDictionary<string, DeviceReceipt> devices, string device)
    {
        if (!devices.TryGetValue(device, out var receipt))
            devices[device] = receipt = new DeviceReceipt { DeviceId = device };
        return receipt;
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
