using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using PubSub.Protocol;

namespace PubSub.Controller.Nodes;

/// <summary>
/// One stay of a node in the cluster, from its registration to its removal. Its key stands in every record of the
/// node's sessions. It holds the incarnation, and a number of its own beside it: a node that was removed because it was
/// silent, and then goes on in the same life, registers anew, and the removal of its former stay must not touch what
/// it announces now.
/// </summary>
internal sealed record NodeRegistration(
    string NodeId, string Incarnation, string Registration, string Address, int GrpcPort, int HttpPort, long RegisteredAt)
{
    [JsonIgnore]
    public RegistrationKey Key => new($"{NodeId}\n{Incarnation}.{Registration}");

    public static NodeRegistration Parse(string json) =>
        JsonSerializer.Deserialize(json, NodeJson.Default.NodeRegistration)!;

    public string ToJson() => JsonSerializer.Serialize(this, NodeJson.Default.NodeRegistration);
}

/// <summary>node LF incarnation.registration, as it stands in Redis.</summary>
internal readonly record struct RegistrationKey(string Text)
{
    public string NodeId => Text[..Text.IndexOf('\n', StringComparison.Ordinal)];

    public long Incarnation
    {
        get
        {
            var start = Text.IndexOf('\n', StringComparison.Ordinal) + 1;
            var end = Text.IndexOf('.', start);
            return long.Parse(Text.AsSpan(start, end - start), CultureInfo.InvariantCulture);
        }
    }

    public NodeIdentity ToProto() => new() { NodeId = NodeId, Incarnation = Incarnation };

    public override string ToString() => Text.Replace('\n', '/');
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NodeRegistration))]
internal sealed partial class NodeJson : JsonSerializerContext;
