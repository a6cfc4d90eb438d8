using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Receipts;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>How far each device of a user has got in the user's log: what it acknowledged, and what a person read.</summary>
internal sealed class CursorStore(ChannelLog log)
{
    private const int MaxDevices = 64;
    private const int ReceiptsAreDue = 4;
    private const int PartsOfReceipt = 4;

    private static readonly RedisScript MoveScript = new("channel.lua", "move_cursor.lua");

    /// <summary>The field of a device in the user's hash of cursors; the empty device stands for all that have no name.</summary>
    public static string Delivered(string device) => "delivered:" + device;

    /// <summary>A cursor that is further already stays.</summary>
    /// <param name="move">Which cursor, and where to.</param>
    /// <param name="isTold">The receipts that publishers want of this move are told.</param>
    /// <returns>Null where the cursor is there; otherwise the receipts that have to be told first, and nothing moved.</returns>
    public async Task<DueReceipts?> MoveAsync(CursorMove move, bool isTold)
    {
        var channel = move.Channel;
        List<RedisKey> keys =
        [
            LogKeys.Log(channel), LogKeys.Position(channel), LogKeys.Owner(channel), LogKeys.Cursors(channel), LogKeys.Wanted(channel),
            LogKeys.Acks(channel),
        ];
        var values = log.CommonValues(channel);
        values.AddRange(
        [
            move.Position.Epoch, move.Position.Offset, move.IsRead, move.Device, MaxDevices, isTold, move.Session, move.Since,
            log.UserAcksKept,
        ]);
        var answer = await log.EvaluateAsync(MoveScript, keys, values);
        return (int)answer[0] == ReceiptsAreDue ? Parse(move, answer) : null;
    }

    private static DueReceipts Parse(CursorMove move, RedisResult[] answer)
    {
        var at = RedisNumber.Parse(answer[2]);
        var receipts = new List<DueReceipt>();
        for (var i = 3; i + PartsOfReceipt <= answer.Length; i += PartsOfReceipt)
        {
            receipts.Add(new DueReceipt(
                (string)answer[i + 2]!, move.Channel.Id, (string)answer[i + 3]!, move.Position with { Offset = RedisNumber.Parse(answer[i + 1]) },
                move.Device, move.Session, (string)answer[i]! == "read" ? ReceiptKind.Read : ReceiptKind.Delivered, at));
        }

        return new DueReceipts(move.Position with { Offset = RedisNumber.Parse(answer[1]) }, receipts);
    }
}

/// <param name="Channel">Of a user.</param>
/// <param name="Device">Empty: the sessions that name none.</param>
/// <param name="Position">Everything up to here arrived.</param>
/// <param name="IsRead">And a person read it.</param>
/// <param name="Session">Which one acknowledged; empty: nobody says.</param>
/// <param name="Since">Of the position's epoch: it answers for what is behind this offset.</param>
internal readonly record struct CursorMove(
    ChannelId Channel, string Device, ChannelPosition Position, bool IsRead, string Session = "", long Since = 0);
