namespace PubSub.Protocol;

/// <summary>What the delivery stream between push manager and connect node says outside of its messages.</summary>
public static class DeliveryStream
{
    /// <summary>The response header with which a node says that it takes the stream, before there is anything to acknowledge.</summary>
    public const string TakenHeader = "stream-taken";
}
