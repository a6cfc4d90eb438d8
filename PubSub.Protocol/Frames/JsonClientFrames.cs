using System.Text.Json;
using PubSub.Protocol.Client;
using static PubSub.Protocol.Client.ClientEnvelope;

namespace PubSub.Protocol.Frames;

/// <summary>The JSON payloads of what clients send; SPEC.md section 3.</summary>
internal static class JsonClientFrames
{
    public static string TypeOf(PayloadOneofCase payload) => payload switch
    {
        PayloadOneofCase.Connect => "connect",
        PayloadOneofCase.Join => "join",
        PayloadOneofCase.Leave => "leave",
        PayloadOneofCase.ClientMessages => "clientMessages",
        PayloadOneofCase.Presence => "presence",
        PayloadOneofCase.History => "history",
        PayloadOneofCase.Ack => "ack",
        PayloadOneofCase.Ping => "ping",
        PayloadOneofCase.RegisterDevice => "registerDevice",
        PayloadOneofCase.RemoveDevice => "removeDevice",
        _ => throw new ArgumentException("The frame has no payload.", nameof(payload)),
    };

    public static ClientEnvelope Read(string type, ref Utf8JsonReader json) => type switch
    {
        "connect" => new() { Connect = JsonFields.Object(ref json, new Connect(), ConnectMember) },
        "join" => new() { Join = JsonFields.Object(ref json, new Join(), JoinMember) },
        "leave" => new() { Leave = JsonFields.Object(ref json, new Leave(), LeaveMember) },
        "clientMessages" => new() { ClientMessages = JsonFields.Object(ref json, new ClientMessages(), MessagesMember) },
        "presence" => new() { Presence = JsonFields.Object(ref json, new PresenceRequest(), PresenceMember) },
        "history" => new() { History = JsonFields.Object(ref json, new HistoryRequest(), HistoryMember) },
        "ack" => new() { Ack = JsonFields.Object(ref json, new Ack(), AckMember) },
        "ping" => new() { Ping = new Ping() },
        "registerDevice" => new() { RegisterDevice = JsonFields.Object(ref json, new RegisterDevice(), RegisterDeviceMember) },
        "removeDevice" => new() { RemoveDevice = JsonFields.Object(ref json, new RemoveDevice(), RemoveDeviceMember) },
        _ => throw new ProtocolViolationException("The frame's type is none that clients send."),
    };

    public static void Write(Utf8JsonWriter json, ClientEnvelope frame)
    {
        switch (frame.PayloadCase)
        {
            case PayloadOneofCase.Connect:
                if (frame.Connect.Token.Length > 0)
                    json.WriteString("token"u8, frame.Connect.Token);
                WritePositions(json, frame.Connect.Positions);
                if (frame.Connect.DeviceId.Length > 0)
                    json.WriteString("deviceId"u8, frame.Connect.DeviceId);
                break;
            case PayloadOneofCase.Join:
                json.WriteString("roomId"u8, frame.Join.RoomId);
                if (frame.Join.Position is { } position)
                {
                    json.WriteStartObject("position"u8);
                    JsonFields.WriteCursor(json, position);
                    json.WriteEndObject();
                }

                break;
            case PayloadOneofCase.Leave:
                json.WriteString("roomId"u8, frame.Leave.RoomId);
                break;
            case PayloadOneofCase.ClientMessages:
                Write(json, frame.ClientMessages);
                break;
            case PayloadOneofCase.Presence:
                json.WriteString("roomId"u8, frame.Presence.RoomId);
                break;
            case PayloadOneofCase.History:
                json.WriteString("channel"u8, frame.History.Channel);
                json.WriteNumber("epoch"u8, frame.History.Epoch);
                json.WriteNumber("since"u8, frame.History.Since);
                json.WriteNumber("limit"u8, frame.History.Limit);
                break;
            case PayloadOneofCase.Ack:
                WritePositions(json, frame.Ack.Positions);
                json.WriteBoolean("read"u8, frame.Ack.Read);
                break;
            case PayloadOneofCase.RegisterDevice:
                if (frame.RegisterDevice.DeviceId.Length > 0)
                    json.WriteString("deviceId"u8, frame.RegisterDevice.DeviceId);
                JsonFields.WritePlatform(json, frame.RegisterDevice.Platform);
                json.WriteString("token"u8, frame.RegisterDevice.Token);
                break;
            case PayloadOneofCase.RemoveDevice:
                if (frame.RemoveDevice.DeviceId.Length > 0)
                    json.WriteString("deviceId"u8, frame.RemoveDevice.DeviceId);
                break;
        }
    }

    private static void Write(Utf8JsonWriter json, ClientMessages messages)
    {
        json.WriteString("roomId"u8, messages.RoomId);
        json.WriteString("content"u8, messages.Content);
        if (!messages.Binary.IsEmpty)
            json.WriteBase64String("binary"u8, messages.Binary.Span);
        JsonFields.WriteType(json, messages.Type);
        if (messages.MessageId.Length > 0)
            json.WriteString("id"u8, messages.MessageId);
        if (messages.Key.Length > 0)
            json.WriteString("key"u8, messages.Key);
        JsonFields.WriteMap(json, messages.Metadata);
    }

    private static void WritePositions(Utf8JsonWriter json, IEnumerable<ChannelCursor> positions)
    {
        json.WriteStartArray("positions"u8);
        foreach (var position in positions)
        {
            json.WriteStartObject();
            JsonFields.WriteCursor(json, position);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void ConnectMember(ref Utf8JsonReader json, Connect it)
    {
        if (JsonFields.Is(ref json, "token"u8))
            it.Token = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "deviceId"u8))
            it.DeviceId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "positions"u8))
            JsonFields.List(ref json, it.Positions, FrameLimits.MaxPositions, static () => new ChannelCursor(), JsonFields.Cursor);
        else
            JsonFields.Skip(ref json);
    }

    private static void JoinMember(ref Utf8JsonReader json, Join it)
    {
        if (JsonFields.Is(ref json, "roomId"u8))
            it.RoomId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "position"u8))
            it.Position = json.TokenType == JsonTokenType.Null ? null : JsonFields.Object(ref json, new ChannelCursor(), JsonFields.Cursor);
        else
            JsonFields.Skip(ref json);
    }

    private static void LeaveMember(ref Utf8JsonReader json, Leave it)
    {
        if (JsonFields.Is(ref json, "roomId"u8))
            it.RoomId = JsonFields.Text(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void MessagesMember(ref Utf8JsonReader json, ClientMessages it)
    {
        if (JsonFields.Is(ref json, "roomId"u8))
            it.RoomId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "content"u8))
            it.Content = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "binary"u8))
            it.Binary = JsonFields.Binary(ref json);
        else if (JsonFields.Is(ref json, "type"u8))
            it.Type = JsonFields.Type(ref json);
        else if (JsonFields.Is(ref json, "id"u8))
            it.MessageId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "key"u8))
            it.Key = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "metadata"u8))
            JsonFields.Map(ref json, it.Metadata);
        else
            JsonFields.Skip(ref json);
    }

    private static void PresenceMember(ref Utf8JsonReader json, PresenceRequest it)
    {
        if (JsonFields.Is(ref json, "roomId"u8))
            it.RoomId = JsonFields.Text(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void HistoryMember(ref Utf8JsonReader json, HistoryRequest it)
    {
        if (JsonFields.Is(ref json, "channel"u8))
            it.Channel = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "epoch"u8))
            it.Epoch = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "since"u8))
            it.Since = JsonFields.Number(ref json);
        else if (JsonFields.Is(ref json, "limit"u8))
            it.Limit = JsonFields.Int(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void AckMember(ref Utf8JsonReader json, Ack it)
    {
        if (JsonFields.Is(ref json, "positions"u8))
            JsonFields.List(ref json, it.Positions, FrameLimits.MaxPositions, static () => new ChannelCursor(), JsonFields.Cursor);
        else if (JsonFields.Is(ref json, "read"u8))
            it.Read = JsonFields.Flag(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void RegisterDeviceMember(ref Utf8JsonReader json, RegisterDevice it)
    {
        if (JsonFields.Is(ref json, "deviceId"u8))
            it.DeviceId = JsonFields.Text(ref json);
        else if (JsonFields.Is(ref json, "platform"u8))
            it.Platform = JsonFields.Platform(ref json);
        else if (JsonFields.Is(ref json, "token"u8))
            it.Token = JsonFields.Text(ref json);
        else
            JsonFields.Skip(ref json);
    }

    private static void RemoveDeviceMember(ref Utf8JsonReader json, RemoveDevice it)
    {
        if (JsonFields.Is(ref json, "deviceId"u8))
            it.DeviceId = JsonFields.Text(ref json);
        else
            JsonFields.Skip(ref json);
    }
}
