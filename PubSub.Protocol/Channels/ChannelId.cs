using System.Diagnostics.CodeAnalysis;

namespace PubSub.Protocol.Channels;

/// <summary>
/// The name of a channel: <c>room:{id}</c>, <c>user:{id}</c> or <c>all</c>. Its text form is what travels and what
/// Redis keys carry.
/// </summary>
public readonly struct ChannelId : IEquatable<ChannelId>
{
    private const string RoomPrefix = "room:";
    private const string UserPrefix = "user:";
    private const string AllText = "all";

    private readonly string? _text;

    private ChannelId(string text, ChannelKind kind)
    {
        _text = text;
        Kind = kind;
    }

    public static ChannelId All { get; } = new(AllText, ChannelKind.All);

    public ChannelKind Kind { get; }

    /// <summary>The room's or user's id; empty for <see cref="All"/>.</summary>
    public string Id => Kind is ChannelKind.Room or ChannelKind.User ? Text[RoomPrefix.Length..] : "";

    public string Text => _text ?? "";

    public static ChannelId Room(string roomId) => new(RoomPrefix + roomId, ChannelKind.Room);

    public static ChannelId User(string userId) => new(UserPrefix + userId, ChannelKind.User);

    public static bool TryParse(string? text, out ChannelId channel, [NotNullWhen(false)] out string? complaint)
    {
        channel = default;
        complaint = null;
        switch (text)
        {
            case AllText:
                channel = All;
                return true;
            case not null when text.StartsWith(RoomPrefix, StringComparison.Ordinal):
                complaint = IdRules.Complaint("the room id of the channel", text[RoomPrefix.Length..]);
                channel = complaint is null ? new ChannelId(text, ChannelKind.Room) : default;
                return complaint is null;
            case not null when text.StartsWith(UserPrefix, StringComparison.Ordinal):
                complaint = IdRules.Complaint("the user id of the channel", text[UserPrefix.Length..]);
                channel = complaint is null ? new ChannelId(text, ChannelKind.User) : default;
                return complaint is null;
            default:
                complaint = "channel is none of room:{id}, user:{id} and all.";
                return false;
        }
    }

    public bool Equals(ChannelId other) => string.Equals(_text, other._text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => obj is ChannelId other && Equals(other);

    public override int GetHashCode() => _text is null ? 0 : string.GetHashCode(_text, StringComparison.Ordinal);

    public override string ToString() => Text;

    public static bool operator ==(ChannelId left, ChannelId right) => left.Equals(right);

    public static bool operator !=(ChannelId left, ChannelId right) => !left.Equals(right);
}
