using PubSub.Protocol.Channels;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>
/// The keys of a channel's log. The tag in braces puts them into the slot of <c>room:{id}</c>, so that one script may
/// touch all of them on Redis Cluster too.
/// </summary>
internal static class LogKeys
{
    public static RedisKey Log(ChannelId channel) => Of(channel, ":log");

    /// <summary>Epoch and offset: outlives the messages, so that a quiet channel does not look like a lost one.</summary>
    public static RedisKey Position(ChannelId channel) => Of(channel, ":position");

    /// <summary>Where the message of this id went, for as long as a repeated push is recognised.</summary>
    public static RedisKey MessageId(ChannelId channel, string messageId) => Of(channel, ":id:" + messageId);

    /// <summary>How far each device of a user has got.</summary>
    public static RedisKey Cursors(ChannelId channel) => Of(channel, ":cursors");

    /// <summary>The latest acknowledgements of a user's sessions.</summary>
    public static RedisKey Acks(ChannelId channel) => Of(channel, ":acks");

    /// <summary>The messages of a user whose receipts their publishers want.</summary>
    public static RedisKey Wanted(ChannelId channel) => Of(channel, ":wanted");

    /// <summary>The user's devices with the tokens of their push services.</summary>
    public static RedisKey Devices(string userId) => Of(ChannelId.User(userId), ":devices");

    /// <summary>The controller's record of the room; we only read it. Other channels have no such record.</summary>
    public static RedisKey Owner(ChannelId channel) =>
        channel.Kind is ChannelKind.Room ? Escape(channel.Text) : Position(channel);

    private static RedisKey Of(ChannelId channel, string suffix) => "{" + Escape(channel.Text) + "}" + suffix;

    /// <summary>A brace in an id would move its keys to another slot; the controller writes them like this too.</summary>
    private static string Escape(string text) =>
        text.AsSpan().ContainsAny('{', '}', '%')
            ? text.Replace("%", "%25", StringComparison.Ordinal)
                .Replace("{", "%7B", StringComparison.Ordinal)
                .Replace("}", "%7D", StringComparison.Ordinal)
            : text;
}
