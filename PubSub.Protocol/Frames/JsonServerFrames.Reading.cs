using System.Text.Json;
using PubSub.Protocol.Client;

namespace PubSub.Protocol.Frames;

/// <summary>The same payloads, as clients written in .NET read them.</summary>
internal static partial class JsonServerFrames
{
    public static ServerEnvelope Read(string type, ref Utf8JsonReader json) => type switch
    {
        "connected" => new() { Connected = JsonFields.Object(ref json, new Connected(), ConnectedMember) },
        "joined" => new() { Joined = JsonFields.Object(ref json, new Joined { Channel = new Resumed() }, JoinedMember) },
        "left" => new() { Left = JsonFields.Object(ref json, new Left(), LeftMember) },
        "serverMessages" => new() { ServerMessages = JsonFields.Object(ref json, new ServerMessages(), MessagesMember) },
        "presence" => new() { Presence = JsonFields.Object(ref json, new Presence(), PresenceMember) },
        "error" => new() { Error = JsonFields.Object(ref json, new Error(), ErrorMember) },
        "disconnect" => new() { Disconnect = JsonFields.Object(ref json, new Disconnect(), DisconnectMember) },
        "pong" => new() { Pong = new Pong() },
        "published" => new() { Published = JsonFields.Object(ref json, new Published(), PublishedMember) },
        "history" => new() { History = JsonFields.Object(ref json, new History(), HistoryMember) },
        "acked" => new() { Acked = new Acked() },
        "gapMark" => new() { GapMark = JsonFields.Object(ref json, new GapMark(), GapMarkMember) },
        "deviceRegistered" => new() { DeviceRegistered = JsonFields.Object(ref json, new DeviceRegistered(), DeviceRegisteredMember) },
        "deviceRemoved" => new() { DeviceRemoved = JsonFields.Object(ref json, new DeviceRemoved(), DeviceRemovedMember) },
        // A node may be newer than its clients: what they do not know says nothing to them.
        _ => new(),
    };

    private static void ConnectedMember(ref Utf8JsonReader json, Connected it)
    {
        if (JsonFields.Is(ref json, "sessionId"u8))
            it.SessionId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "userId"u8))
            it.UserId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "nodeId"u8))
            it.NodeId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "heartbeatSeconds"u8))
            it.HeartbeatSeconds = JsonFields.Int(ref json);
        else if (JsonFields.Is(ref json, "channels"u8))
            JsonFields.List(ref json, it.Channels, int.MaxValue, static () => new Resumed(), ResumedMember);
        else
            JsonFields.Skip(ref json);
    }

    private static void ResumedMember(ref Utf8JsonReader json, Resumed it)
    {
        if (JsonFields.Is(ref json, "channel"u8))
            it.Channel = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "epoch"u8))
            it.Epoch = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "offset"u8))
            it.Offset = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "recovered"u8))
            it.Recovered = JsonFields.Flag(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void JoinedMember(ref Utf8JsonReader json, Joined it)
    {
        if (JsonFields.Is(ref json, "roomId"u8))
            it.RoomId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "userCount"u8))
            it.UserCount = JsonFields.Int(ref json);
        else
            ResumedMember(ref json, it.Channel);
    }

    private static void LeftMember(ref Utf8JsonReader json, Left it)
    {
        if (JsonFields.Is(ref json, "roomId"u8))
            it.RoomId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "reason"u8))
            it.Reason = JsonFields.Text(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void MessagesMember(ref Utf8JsonReader json, ServerMessages it)
    {
        if (JsonFields.Is(ref json, "messages"u8))
            JsonFields.List(ref json, it.Messages, int.MaxValue, static () => new ServerMessage(), MessageMember);
        else
            JsonFields.Skip(ref json);
    }

    private static void MessageMember(ref Utf8JsonReader json, ServerMessage it)
    {
        if (JsonFields.Is(ref json, "channel"u8))
            it.Channel = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "id"u8))
            it.Id = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "offset"u8))
            it.Offset = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "epoch"u8))
            it.Epoch = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "type"u8))
            it.Type = JsonFields.Type(ref json);
        else if (JsonFields.Is(ref json, "data"u8))
            it.Data = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "binary"u8))
            it.Binary = JsonFields.Binary(ref json);
        else if (JsonFields.Is(ref json, "timestamp"u8))
            it.Timestamp = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "sender"u8))
            it.Sender = json.TokenType == JsonTokenType.Null ? null : JsonFields.Object(ref json, new Sender(), SenderMember);
        else if (JsonFields.Is(ref json, "metadata"u8))
            JsonFields.Map(ref json, it.Metadata);
        else
            JsonFields.Skip(ref json);
    }

    private static void SenderMember(ref Utf8JsonReader json, Sender it)
    {
        if (JsonFields.Is(ref json, "userId"u8))
            it.UserId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "userName"u8))
            it.UserName = JsonFields.Text(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void PresenceMember(ref Utf8JsonReader json, Presence it)
    {
        if (JsonFields.Is(ref json, "roomId"u8))
            it.RoomId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "userCount"u8))
            it.UserCount = JsonFields.Int(ref json);
        else if (JsonFields.Is(ref json, "members"u8))
            JsonFields.List(ref json, it.Members, int.MaxValue, static () => new PresenceMember(), MemberMember);
        else
            JsonFields.Skip(ref json);
    }

    private static void MemberMember(ref Utf8JsonReader json, PresenceMember it)
    {
        if (JsonFields.Is(ref json, "userId"u8))
            it.UserId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "userName"u8))
            it.UserName = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "devices"u8))
            it.Devices = JsonFields.Int(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void ErrorMember(ref Utf8JsonReader json, Error it)
    {
        if (JsonFields.Is(ref json, "code"u8))
            it.Code = JsonFields.Int(ref json);
        else if (JsonFields.Is(ref json, "message"u8))
            it.Message = JsonFields.Text(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void DisconnectMember(ref Utf8JsonReader json, Disconnect it)
    {
        if (JsonFields.Is(ref json, "code"u8))
            it.Code = JsonFields.Int(ref json);
        else if (JsonFields.Is(ref json, "reason"u8))
            it.Reason = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "retryAfterMs"u8))
            it.RetryAfterMs = JsonFields.Int(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void PublishedMember(ref Utf8JsonReader json, Published it)
    {
        if (JsonFields.Is(ref json, "channel"u8))
            it.Channel = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "id"u8))
            it.MessageId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "epoch"u8))
            it.Epoch = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "offset"u8))
            it.Offset = JsonFields.Number(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void HistoryMember(ref Utf8JsonReader json, History it)
    {
        if (JsonFields.Is(ref json, "channel"u8))
            it.Channel = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "epoch"u8))
            it.Epoch = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "firstOffset"u8))
            it.FirstOffset = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "endOffset"u8))
            it.EndOffset = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "messages"u8))
            JsonFields.List(ref json, it.Messages, int.MaxValue, static () => new ServerMessage(), MessageMember);
        else
            JsonFields.Skip(ref json);
    }

    private static void GapMarkMember(ref Utf8JsonReader json, GapMark it)
    {
        if (JsonFields.Is(ref json, "channel"u8))
            it.Channel = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "epoch"u8))
            it.Epoch = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "from"u8))
            it.From = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "to"u8))
            it.To = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "count"u8))
            it.Count = JsonFields.Int(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void DeviceRegisteredMember(ref Utf8JsonReader json, DeviceRegistered it)
    {
        if (JsonFields.Is(ref json, "deviceId"u8))
            it.DeviceId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "expiresAt"u8))
            it.ExpiresAt = JsonFields.Number(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void DeviceRemovedMember(ref Utf8JsonReader json, DeviceRemoved it)
    {
        if (JsonFields.Is(ref json, "deviceId"u8))
            it.DeviceId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "removed"u8))
            it.Removed = JsonFields.Flag(ref json);
        else
            JsonFields.Skip(ref json);
    }
}
