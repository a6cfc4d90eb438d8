using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Publishing;

namespace PubSub.PushManager.Doors;

/// <summary>A push as a door understood it: either something to publish, or why it cannot be.</summary>
internal readonly record struct DoorInput(PublishRequest? Request, string Complaint)
{
    public static DoorInput ToRoom(string id, Content? content, string messageId, Sender? sender) =>
        IdRules.Complaint("room_id", id) is { } complaint
            ? new DoorInput(null, complaint)
            : Of(ChannelId.Room(id), content, messageId, sender);

    public static DoorInput ToUser(string id, Content? content, string messageId, Sender? sender) =>
        IdRules.Complaint("user_id", id) is { } complaint
            ? new DoorInput(null, complaint)
            : Of(ChannelId.User(id), content, messageId, sender);

    public static DoorInput ToAll(Content? content, string messageId, Sender? sender) =>
        Of(ChannelId.All, content, messageId, sender);

    public static DoorInput From(Push push) => ChannelId.TryParse(push.Channel, out var channel, out var complaint)
        ? Of(channel, push.Content, push.MessageId, push.Sender).WithReceiptsTo(push.ReceiptsTo).WithPublished(push.Published)
        : new DoorInput(null, complaint);

    public DoorInput WithReceiptsTo(string feed) =>
        feed.Length > 0 && Request is not null ? this with { Request = Request with { ReceiptsTo = feed } } : this;

    private DoorInput WithPublished(Position? before) =>
        before is not null && Request is not null ? this with { Request = Request with { Published = before } } : this;

    private static DoorInput Of(ChannelId channel, Content? content, string messageId, Sender? sender) =>
        new(new PublishRequest(channel, content, messageId, sender), "");
}
