using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using PubSub.Protocol.Client;

namespace PubSub.Protocol.Frames;

/// <summary>
/// The frames as JSON text: <c>{"type": ..., "id": ..., "payload": {...}}</c>. Members come in any order and unknown
/// ones are passed over, so that newer peers can say more.
/// </summary>
public sealed class JsonFrameCodec : FrameCodec
{
    // The default escapes all that is dangerous inside HTML, which makes other scripts than Latin three times as long.
    private static readonly JsonWriterOptions Writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private static readonly JsonReaderOptions Reading = new() { MaxDepth = FrameLimits.MaxJsonDepth };

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public override string Subprotocol => JsonSubprotocol;

    public override bool IsText => true;

    public override ClientEnvelope DecodeClient(ReadOnlySpan<byte> frame)
    {
        try
        {
            var (payload, type, id) = OpenEnvelope(frame);
            var envelope = JsonClientFrames.Read(type, ref payload);
            envelope.Id = id;
            return envelope;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw NotJson(error);
        }
    }

    public override ServerEnvelope DecodeServer(ReadOnlySpan<byte> frame)
    {
        try
        {
            var (payload, type, id) = OpenEnvelope(frame);
            var envelope = JsonServerFrames.Read(type, ref payload);
            envelope.Id = id;
            return envelope;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw NotJson(error);
        }
    }

    public override void Encode(ClientEnvelope frame, IBufferWriter<byte> output)
    {
        var json = Open(output, JsonClientFrames.TypeOf(frame.PayloadCase), frame.Id);
        JsonClientFrames.Write(json, frame);
        Close(json);
    }

    public override void Encode(ServerEnvelope frame, IBufferWriter<byte> output)
    {
        var json = Open(output, JsonServerFrames.TypeOf(frame.PayloadCase), frame.Id);
        JsonServerFrames.Write(json, frame);
        Close(json);
    }

    public override void Encode(ChannelMessage message, IBufferWriter<byte> output)
    {
        var json = Open(output, JsonServerFrames.TypeOf(ServerEnvelope.PayloadOneofCase.ServerMessages), "");
        JsonMessages.Write(json, message);
        Close(json);
    }

    private static Utf8JsonWriter Open(IBufferWriter<byte> output, string type, string id)
    {
        var json = _writer ??= new Utf8JsonWriter(output, Writing);
        json.Reset(output);
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        if (id.Length > 0)
            json.WriteString("id"u8, id);
        json.WriteStartObject("payload"u8);
        return json;
    }

    private static void Close(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Reads the envelope to its end, so that broken JSON is refused whole, and comes back to the payload.</summary>
    private static Envelope OpenEnvelope(ReadOnlySpan<byte> frame)
    {
        var reader = new Utf8JsonReader(frame, Reading);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new ProtocolViolationException("A frame is one JSON object.");

        string? type = null;
        var id = "";
        var payload = new Utf8JsonReader("{}"u8);
        payload.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (JsonFields.Is(ref reader, "type"u8))
            {
                type = JsonFields.Text(ref reader);
            }
            else if (JsonFields.Is(ref reader, "id"u8))
            {
                id = JsonFields.Text(ref reader);
            }
            else if (JsonFields.Is(ref reader, "payload"u8))
            {
                if (reader.TokenType == JsonTokenType.StartObject)
                    payload = reader;
                else if (reader.TokenType != JsonTokenType.Null)
                    throw new ProtocolViolationException("payload is no JSON object.");
                reader.Skip();
            }
            else
            {
                JsonFields.Skip(ref reader);
            }
        }

        if (reader.Read())
            throw new ProtocolViolationException("A frame is one JSON object, and nothing behind it.");
        if (string.IsNullOrEmpty(type))
            throw new ProtocolViolationException("The frame has no type.");
        RequestId.Check(id);
        return new Envelope(payload, type, id);
    }

    private static ProtocolViolationException NotJson(Exception error) =>
        new("The frame is no JSON of this protocol: " + error.Message, error);

    private readonly ref struct Envelope(Utf8JsonReader payload, string type, string id)
    {
        private readonly Utf8JsonReader _payload = payload;

        public void Deconstruct(out Utf8JsonReader payload, out string type, out string id)
        {
            payload = _payload;
            type = Type;
            id = Id;
        }

        private string Type { get; } = type;

        private string Id { get; } = id;
    }
}
