using PubSub.ConnectNode.Channels;
using PubSub.Protocol;
using PubSub.Protocol.Frames;

namespace PubSub.ConnectNode.Delivery;

/// <summary>
/// One run of messages to every subscriber of their channel: encoded once for each encoding that is there, as one
/// buffer, and handed to each outbox with one call. Nothing is allocated per delivery.
/// </summary>
internal static class Fanout
{
    public static int Send(ChannelState state, ReadOnlySpan<LaneWork> messages, FanoutCrew crew)
    {
        var members = state.Subscribers;
        var json = members.JsonCount > 0 ? Encode(FrameCodec.Json, messages, state.SlowReaders) : null;
        var protobuf = members.JsonCount < members.Count ? Encode(FrameCodec.Protobuf, messages, state.SlowReaders) : null;
        var reached = crew.Send(members, json, protobuf);
        Done(json);
        Done(protobuf);
        return reached;
    }

    /// <summary>To some of the subscribers; any thread may do it, as long as no two have the same ones.</summary>
    public static int Send(ReadOnlySpan<Subscription> members, SharedFrame? json, SharedFrame? protobuf)
    {
        var reached = 0;
        for (var i = 0; i < members.Length; i++)
        {
            if (members.Length > 1)
                LookAhead(members[i..]);
            var subscription = members[i];
            if (subscription.Writer.TrySend(subscription.IsJson ? json! : protobuf!, overCork: false, out var verdict))
                reached++;
            else
                subscription.Session.GiveUp(verdict);
        }

        return reached;
    }

    /// <summary>One reference further for each place nearer, as following one needs the object that holds it.</summary>
    private static void LookAhead(ReadOnlySpan<Subscription> next)
    {
        var last = next.Length - 1;
        Prefetch.Object(next[Math.Min(6, last)]);
        Prefetch.Object(next[Math.Min(4, last)].Writer);
        next[Math.Min(2, last)].Writer.Prefetch();
        next[Math.Min(1, last)].Writer.PrefetchParts();
    }

    public static SharedFrame Encode(FrameCodec codec, IReadOnlyList<ChannelMessage> messages) =>
        Encode(codec, messages.Select(static message => new LaneWork(message)).ToArray(), SlowReaderPolicy.Disconnect);

    private static SharedFrame Encode(FrameCodec codec, ReadOnlySpan<LaneWork> messages, SlowReaderPolicy policy)
    {
        var pieces = policy is SlowReaderPolicy.DropOldest or SlowReaderPolicy.Conflate ? new RunPiece[messages.Length] : [];
        var frame = SharedFrame.Rent();
        for (var i = 0; i < messages.Length; i++)
        {
            var work = messages[i];
            var start = frame.Length;
            frame.Add(codec, work.Message);
            if (pieces.Length > 0)
                pieces[i] = Piece(work.Message, start, frame.Length - start);
        }

        frame.Label = pieces.Length > 0 ? new RunLabel(messages[0].Message.Channel, codec, policy, pieces) : RunLabel.Whole;
        return frame;
    }

    private static void Done(SharedFrame? frame)
    {
        // Some may wait for the plain form for long; the deflated ones must not stay with it.
        frame?.DropDeflated();
        frame?.Release();
    }

    private static RunPiece Piece(ChannelMessage message, int start, int length)
    {
        var place = new Gapped(message.Position?.Epoch ?? 0, message.Position?.Offset ?? 0, message.Position?.Offset ?? 0, 1);
        return new RunPiece(start, length, place, message.Content?.Key ?? "", false);
    }
}
