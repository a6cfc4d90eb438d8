using Grpc.Core;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>
/// Answers ReadLog: what the logs hold after a position. The ranges of one call travel together. An answer stays
/// under the size that gRPC peers take; who gets fewer messages than asked for reads on from the last one. A channel whose
/// keys are damaged costs the others of the call nothing.
/// </summary>
internal sealed class LogReader(ChannelLog log)
{
    public const int MaxMessages = 1000;

    // The customary limit of a gRPC message is 4 MB. The rest is room for the slices themselves.
    private const int MaxAnswerBytes = 3 * 1024 * 1024;

    private static readonly RedisScript Script = new("channel.lua", "read.lua");

    /// <exception cref="ChannelDamagedException">None of the channels can be read.</exception>
    public async Task<IReadOnlyList<LogSlice>> ReadAsync(IReadOnlyList<LogQuery> queries)
    {
        var damages = new ChannelDamagedException?[queries.Count];
        var slices = await Task.WhenAll(queries.Select(async (query, i) =>
        {
            try
            {
                return await ReadAsync(query);
            }
            catch (ChannelDamagedException damaged)
            {
                damages[i] = damaged;
                return new LogSlice { Channel = query.Channel.Text, Code = (int)StatusCode.DataLoss, Error = damaged.Message };
            }
        }));
        if (damages.Length > 0 && Array.TrueForAll(damages, static damage => damage is not null))
            throw damages[0]!;

        var bytes = 0;
        for (var i = 0; i < slices.Length; i++)
            Trim(slices[i], queries[i].FromEnd, ref bytes);
        return slices;
    }

    private async Task<LogSlice> ReadAsync(LogQuery query)
    {
        List<RedisKey> keys = [LogKeys.Log(query.Channel), LogKeys.Position(query.Channel), LogKeys.Owner(query.Channel), LogKeys.Cursors(query.Channel)];
        var values = log.CommonValues(query.Channel);
        values.Add(query.After.Epoch);
        values.Add(query.After.Offset);
        values.Add(query.Limit);
        values.Add(query.FromEnd);
        values.Add(MaxAnswerBytes);
        values.Add(query.Device is null ? "" : CursorStore.Delivered(query.Device));

        var answer = await log.EvaluateAsync(query.Channel, Script, keys, values);
        var slice = new LogSlice { Channel = query.Channel.Text };
        if ((LogVerdict)(int)answer[0] is not LogVerdict.Logged)
        {
            slice.End = new Position();
            slice.FirstOffset = 1;
            return slice;
        }

        slice.End = new Position { Epoch = RedisNumber.Parse(answer[1]), Offset = RedisNumber.Parse(answer[2]) };
        slice.FirstOffset = RedisNumber.Parse(answer[3]);
        slice.Complete = (int)answer[4] == 1;
        foreach (var entry in (RedisResult[])answer[5]!)
            slice.Messages.Add(LogEntryFormat.Read(query.Channel, (RedisResult[])entry!));
        slice.After = new Position { Epoch = RedisNumber.Parse(answer[6]), Offset = RedisNumber.Parse(answer[7]) };
        return slice;
    }

    /// <summary>Keeps the messages that follow the position: of a read from the end, those at the end.</summary>
    private static void Trim(LogSlice slice, bool fromEnd, ref int bytes)
    {
        var count = slice.Messages.Count;
        for (var taken = 0; taken < count; taken++)
        {
            var size = slice.Messages[fromEnd ? count - 1 - taken : taken].CalculateSize();
            if (bytes + size > MaxAnswerBytes && bytes > 0)
            {
                Keep(slice, taken, fromEnd);
                return;
            }

            bytes += size;
        }
    }

    private static void Keep(LogSlice slice, int taken, bool fromEnd)
    {
        var dropped = slice.Messages.Count - taken;
        var kept = fromEnd ? slice.Messages.Skip(dropped).ToList() : slice.Messages.Take(taken).ToList();
        slice.Messages.Clear();
        slice.Messages.AddRange(kept);

        // From the end, what was dropped lies between the position and the first message that is left.
        slice.Complete &= !fromEnd;
    }
}

/// <param name="Channel">The channel.</param>
/// <param name="After">Messages after this; epoch 0 is the present one.</param>
/// <param name="Limit">0 asks for the end position alone.</param>
/// <param name="FromEnd">The newest messages instead of the oldest.</param>
/// <param name="Device">Begins behind this device's kept cursor instead of the position; null: the position it is.</param>
internal readonly record struct LogQuery(ChannelId Channel, ChannelPosition After, int Limit, bool FromEnd, string? Device = null);
