using PubSub.Protocol.Channels;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>How far each device of a user has got in the user's log: what it acknowledged, and what a person read.</summary>
internal sealed class CursorStore(ChannelLog log)
{
    private const int MaxDevices = 64;

    private static readonly RedisScript MoveScript = new("channel.lua", "move_cursor.lua");

    /// <summary>The field of a device in the user's hash of cursors; the empty device stands for all that have no name.</summary>
    public static string Delivered(string device) => "delivered:" + device;

    /// <summary>A cursor that is further already stays.</summary>
    public async Task MoveAsync(CursorMove move)
    {
        var channel = move.Channel;
        List<RedisKey> keys = [LogKeys.Log(channel), LogKeys.Position(channel), LogKeys.Owner(channel), LogKeys.Cursors(channel)];
        var values = log.CommonValues(channel);
        values.AddRange([move.Position.Epoch, move.Position.Offset, move.IsRead, move.Device, MaxDevices]);
        await log.EvaluateAsync(MoveScript, keys, values);
    }
}

/// <param name="Channel">Of a user.</param>
/// <param name="Device">Empty: the sessions that name none.</param>
/// <param name="Position">Everything up to here arrived.</param>
/// <param name="IsRead">And a person read it.</param>
internal readonly record struct CursorMove(ChannelId Channel, string Device, ChannelPosition Position, bool IsRead);
