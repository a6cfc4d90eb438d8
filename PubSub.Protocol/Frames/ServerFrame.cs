using PubSub.Protocol.Client;
using PubSub.Protocol.Outcomes;

namespace PubSub.Protocol.Frames;

/// <summary>Makes the frames that nodes send.</summary>
public static class ServerFrame
{
    public static ServerEnvelope Error(string requestId, ErrorCode code, string message) =>
        new() { Id = requestId, Error = new Error { Code = (int)code, Message = message } };

    public static ServerEnvelope Disconnect(DisconnectReason reason, string text, TimeSpan? retryAfter = null)
    {
        var advice = DisconnectAdvice.For(reason);
        return new ServerEnvelope
        {
            Disconnect = new Disconnect
            {
                Code = advice.CloseCode,
                Reason = text.Length > 0 ? text : advice.Text,
                RetryAfterMs = advice.MayReconnect ? (int)(retryAfter ?? advice.RetryAfter).TotalMilliseconds : -1,
            },
        };
    }

    public static ServerMessage Message(ChannelMessage message)
    {
        var content = message.Content ?? new Content();
        var frame = new ServerMessage
        {
            Channel = message.Channel,
            Id = message.MessageId,
            Offset = message.Position?.Offset ?? 0,
            Epoch = message.Position?.Epoch ?? 0,
            Type = content.Type,
            Timestamp = content.Timestamp,
            Sender = message.Sender,
        };
        if (content.IsBinary)
            frame.Binary = content.Binary;
        else
            frame.Data = content.Data;
        if (content.Metadata.Count > 0)
            frame.Metadata.Add(content.Metadata);
        return frame;
    }
}
