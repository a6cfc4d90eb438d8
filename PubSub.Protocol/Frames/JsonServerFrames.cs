using System.Text.Json;
using PubSub.Protocol.Client;
using PubSub.Protocol.Outcomes;
using static PubSub.Protocol.Client.ServerEnvelope;

namespace PubSub.Protocol.Frames;

/// <summary>The JSON payloads of what nodes send, as they are written; SPEC.md section 4.</summary>
internal static partial class JsonServerFrames
{
    public static string TypeOf(PayloadOneofCase payload) => payload switch
    {
        PayloadOneofCase.Connected => "connected",
        PayloadOneofCase.Joined => "joined",
        PayloadOneofCase.Left => "left",
        PayloadOneofCase.ServerMessages => "serverMessages",
        PayloadOneofCase.Presence => "presence",
        PayloadOneofCase.Error => "error",
        PayloadOneofCase.Disconnect => "disconnect",
        PayloadOneofCase.Pong => "pong",
        PayloadOneofCase.Published => "published",
        PayloadOneofCase.History => "history",
        PayloadOneofCase.Acked => "acked",
        PayloadOneofCase.GapMark => "gapMark",
        PayloadOneofCase.DeviceRegistered => "deviceRegistered",
        PayloadOneofCase.DeviceRemoved => "deviceRemoved",
        _ => throw new ArgumentException("The frame has no payload.", nameof(payload)),
    };

    public static void Write(Utf8JsonWriter json, ServerEnvelope frame)
    {
        switch (frame.PayloadCase)
        {
            case PayloadOneofCase.Connected:
                Write(json, frame.Connected);
                break;
            case PayloadOneofCase.Joined:
                json.WriteString("roomId"u8, frame.Joined.RoomId);
                if (frame.Joined.Channel is { } channel)
                    Write(json, channel);
                json.WriteNumber("userCount"u8, frame.Joined.UserCount);
                break;
            case PayloadOneofCase.Left:
                json.WriteString("roomId"u8, frame.Left.RoomId);
                if (frame.Left.Reason.Length > 0)
                    json.WriteString("reason"u8, frame.Left.Reason);
                break;
            case PayloadOneofCase.ServerMessages:
                JsonMessages.Write(json, frame.ServerMessages.Messages);
                break;
            case PayloadOneofCase.Presence:
                Write(json, frame.Presence);
                break;
            case PayloadOneofCase.Error:
                json.WriteNumber("code"u8, frame.Error.Code);
                json.WriteString("message"u8, frame.Error.Message);
                json.WriteBoolean("temporary"u8, ((ErrorCode)frame.Error.Code).IsTemporary());
                break;
            case PayloadOneofCase.Disconnect:
                json.WriteNumber("code"u8, frame.Disconnect.Code);
                json.WriteString("reason"u8, frame.Disconnect.Reason);
                json.WriteNumber("retryAfterMs"u8, frame.Disconnect.RetryAfterMs);
                break;
            case PayloadOneofCase.Published:
                json.WriteString("channel"u8, frame.Published.Channel);
                json.WriteString("id"u8, frame.Published.MessageId);
                json.WriteNumber("epoch"u8, frame.Published.Epoch);
                json.WriteNumber("offset"u8, frame.Published.Offset);
                break;
            case PayloadOneofCase.History:
                json.WriteString("channel"u8, frame.History.Channel);
                json.WriteNumber("epoch"u8, frame.History.Epoch);
                json.WriteNumber("firstOffset"u8, frame.History.FirstOffset);
                json.WriteNumber("endOffset"u8, frame.History.EndOffset);
                JsonMessages.Write(json, frame.History.Messages);
                break;
            case PayloadOneofCase.GapMark:
                json.WriteString("channel"u8, frame.GapMark.Channel);
                json.WriteNumber("epoch"u8, frame.GapMark.Epoch);
                json.WriteNumber("from"u8, frame.GapMark.From);
                json.WriteNumber("to"u8, frame.GapMark.To);
                json.WriteNumber("count"u8, frame.GapMark.Count);
                break;
            case PayloadOneofCase.DeviceRegistered:
                json.WriteString("deviceId"u8, frame.DeviceRegistered.DeviceId);
                json.WriteNumber("expiresAt"u8, frame.DeviceRegistered.ExpiresAt);
                break;
            case PayloadOneofCase.DeviceRemoved:
                json.WriteString("deviceId"u8, frame.DeviceRemoved.DeviceId);
                json.WriteBoolean("removed"u8, frame.DeviceRemoved.Removed);
                break;
        }
    }

    private static void Write(Utf8JsonWriter json, Connected connected)
    {
        json.WriteString("sessionId"u8, connected.SessionId);
        json.WriteString("userId"u8, connected.UserId);
        json.WriteString("nodeId"u8, connected.NodeId);
        json.WriteNumber("heartbeatSeconds"u8, connected.HeartbeatSeconds);
        json.WriteStartArray("channels"u8);
        foreach (var channel in connected.Channels)
        {
            json.WriteStartObject();
            Write(json, channel);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Resumed channel)
    {
        json.WriteString("channel"u8, channel.Channel);
        json.WriteNumber("epoch"u8, channel.Epoch);
        json.WriteNumber("offset"u8, channel.Offset);
        json.WriteBoolean("recovered"u8, channel.Recovered);
    }

    private static void Write(Utf8JsonWriter json, Presence presence)
    {
        json.WriteString("roomId"u8, presence.RoomId);
        json.WriteNumber("userCount"u8, presence.UserCount);
        json.WriteStartArray("members"u8);
        foreach (var member in presence.Members)
        {
            json.WriteStartObject();
            json.WriteString("userId"u8, member.UserId);
            json.WriteString("userName"u8, member.UserName);
            json.WriteNumber("devices"u8, member.Devices);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
