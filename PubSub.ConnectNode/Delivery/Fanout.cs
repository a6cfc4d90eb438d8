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
        var json = members.JsonCount > 0 ? Encode(FrameCodec.Json, messages) : null;
        var protobuf = members.JsonCount < members.Count ? Encode(FrameCodec.Protobuf, messages) : null;
        var reached = crew.Send(members, json, protobuf);
        json?.Release();
        protobuf?.Release();
        return reached;
    }

    /// <summary>To some of the subscribers; any thread may do it, as long as no two have the same ones.</summary>
    public static int Send(ReadOnlySpan<Subscription> members, SharedFrame? json, SharedFrame? protobuf)
    {
        var reached = 0;
        foreach (var subscription in members)
        {
            if (subscription.Session.TrySend(subscription.IsJson ? json! : protobuf!))
                reached++;
        }

        return reached;
    }

    public static SharedFrame Encode(FrameCodec codec, IReadOnlyList<ChannelMessage> messages) =>
        Encode(codec, messages.Select(static message => new LaneWork(message)).ToArray());

    private static SharedFrame Encode(FrameCodec codec, ReadOnlySpan<LaneWork> messages)
    {
        var frame = SharedFrame.Rent();
        var envelope = new Protocol.Client.ServerEnvelope { ServerMessages = new Protocol.Client.ServerMessages() };
        foreach (var work in messages)
        {
            envelope.ServerMessages.Messages.Clear();
            envelope.ServerMessages.Messages.Add(ServerFrame.Message(work.Message));
            frame.Add(codec, envelope);
        }

        return frame;
    }
}
