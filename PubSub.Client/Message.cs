using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;

namespace PubSub.Client;

/// <summary>One message of a channel.</summary>
public sealed record Message
{
    /// <summary>room:{id}, user:{id} or all.</summary>
    public required string Channel { get; init; }

    /// <summary>The message id: the same for every repetition of one push.</summary>
    public required string Id { get; init; }

    /// <summary>Its place in the channel's log; <see cref="ChannelPosition.Unlogged"/> where the log is off.</summary>
    public ChannelPosition Position { get; init; }

    /// <summary>What kind of content it is.</summary>
    public MessageType Type { get; init; }

    /// <summary>The content, where it is text.</summary>
    public string Text { get; init; } = "";

    /// <summary>The content, where it is bytes.</summary>
    public ReadOnlyMemory<byte> Binary { get; init; }

    /// <summary>When it was published.</summary>
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>Who sent it; empty where a backend pushed in nobody's name.</summary>
    public string SenderId { get; init; } = "";

    /// <summary>The sender's name as shown to others.</summary>
    public string SenderName { get; init; } = "";

    /// <summary>What the publisher added.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>How many messages before this one the log had lost already; normally 0.</summary>
    public long Missed { get; init; }

    internal static Message From(ServerMessage message, long missed = 0) => new()
    {
        Channel = message.Channel,
        Id = message.Id,
        Position = new ChannelPosition(message.Epoch, message.Offset),
        Type = message.Type,
        Text = message.Data,
        Binary = message.Binary.Memory,
        Timestamp = DateTimeOffset.FromUnixTimeMilliseconds(message.Timestamp),
        SenderId = message.Sender?.UserId ?? "",
        SenderName = message.Sender?.UserName ?? "",
        Metadata = message.Metadata,
        Missed = missed,
    };
}
