using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PubSub.Protocol;

namespace PubSub.Controller.Rooms;

/// <summary>What the key <c>room:{id}</c> holds, as JSON that a person can read.</summary>
internal sealed record RoomRecord(string RoomId, string Name, int MaxUsers, long CreatedAt, RoomLog Log)
{
    /// <summary>Unspecified leaves it to the push manager's rules, as do records from before there was a choice.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<SlowReaderPolicy>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public SlowReaderPolicy SlowReaders { get; init; }

    public static RoomRecord Parse(string json) => JsonSerializer.Deserialize(json, RoomJson.Readable.RoomRecord)!;

    public string ToJson() => JsonSerializer.Serialize(this, RoomJson.Readable.RoomRecord);

    public Room ToProto() => new()
    {
        RoomId = RoomId,
        Name = Name,
        MaxUsers = MaxUsers,
        CreatedAt = CreatedAt,
        Log = Log.ToProto(),
        SlowReaders = SlowReaders,
    };
}

/// <summary>The settings of the room's log; 0 leaves it to the push manager's default.</summary>
internal sealed record RoomLog(bool Off, int MaxMessages, int MaxAgeSeconds)
{
    public static RoomLog From(LogSettings? settings) =>
        settings is null ? new RoomLog(false, 0, 0) : new RoomLog(settings.Off, settings.MaxMessages, settings.MaxAgeSeconds);

    public LogSettings ToProto() => new() { Off = Off, MaxMessages = MaxMessages, MaxAgeSeconds = MaxAgeSeconds };
}

/// <summary>What a room keeps of one of its users.</summary>
internal sealed record RoomMemberRecord(string Name, int Devices, long JoinedAt)
{
    public static RoomMemberRecord Parse(string json) => JsonSerializer.Deserialize(json, RoomJson.Readable.RoomMemberRecord)!;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RoomRecord))]
[JsonSerializable(typeof(RoomMemberRecord))]
internal sealed partial class RoomJson : JsonSerializerContext
{
    /// <summary>Letters of all languages as they are: this is read with redis-cli, not by browsers.</summary>
    public static RoomJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
