namespace PubSub.Client;

/// <summary>How frames are written on the wire.</summary>
public enum FrameEncoding
{
    /// <summary>pubsub.json.v1</summary>
    Json,

    /// <summary>pubsub.protobuf.v1: smaller, and cheaper to read.</summary>
    Protobuf,
}
