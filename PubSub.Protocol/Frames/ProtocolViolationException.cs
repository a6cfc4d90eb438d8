using PubSub.Protocol.Outcomes;

namespace PubSub.Protocol.Frames;

/// <summary>The peer broke the protocol in a way that ends its connection. The only thing a codec throws.</summary>
public sealed class ProtocolViolationException : Exception
{
    public ProtocolViolationException()
        : this(DisconnectReason.BadFrame, "The frame is not of this protocol.")
    {
    }

    public ProtocolViolationException(string message)
        : this(DisconnectReason.BadFrame, message)
    {
    }

    public ProtocolViolationException(string message, Exception innerException)
        : base(message, innerException) => Reason = DisconnectReason.BadFrame;

    public ProtocolViolationException(DisconnectReason reason, string message)
        : base(message) => Reason = reason;

    public DisconnectReason Reason { get; }
}
