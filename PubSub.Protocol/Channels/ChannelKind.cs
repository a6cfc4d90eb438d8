namespace PubSub.Protocol.Channels;

public enum ChannelKind
{
    None,
    Room,
    User,
    All,
}
