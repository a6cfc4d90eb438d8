using System.Globalization;
using Aspire.Dashboard.Telemetry;
using Google.Protobuf.Collections;

namespace Aspire.Dashboard.Otlp;

/// <summary>Attributes as text, bounded in number and length whatever a sender puts there.</summary>
internal sealed class TagReader(TextPool pool)
{
    public const int MaxTags = 128;
    public const int MaxText = 8192;

    private const string ServiceName = "service.name";
    private const string ServiceInstance = "service.instance.id";

    public static string Bounded(string text) => text.Length <= MaxText ? text : string.Concat(text.AsSpan(0, MaxText), "…");

    public string Shared(string text) => pool.Shared(Bounded(text));

    public IReadOnlyList<Tag> Read(RepeatedField<KeyValue> attributes) => attributes.Count == 0
        ? []
        : [.. attributes.Take(MaxTags).Select(pair => new Tag(Shared(pair.Key), Shared(Text(pair.Value))))];

    public TelemetrySource Source(Resource? resource)
    {
        var tags = resource is null ? [] : Read(resource.Attributes);
        return new TelemetrySource(
            Find(tags, ServiceName) is { Length: > 0 } name ? name : "unknown",
            Find(tags, ServiceInstance) ?? "",
            [.. tags.Where(tag => tag.Key is not (ServiceName or ServiceInstance))]);
    }

    public static string Text(AnyValue? value) => value?.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        AnyValue.ValueOneofCase.IntValue => value.IntValue.ToString(CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue.ToString(CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.ArrayValue => $"[{string.Join(", ", value.ArrayValue.Values.Take(MaxTags).Select(Text))}]",
        AnyValue.ValueOneofCase.KvlistValue =>
            $"{{{string.Join(", ", value.KvlistValue.Values.Take(MaxTags).Select(pair => $"{pair.Key}: {Text(pair.Value)}"))}}}",
        AnyValue.ValueOneofCase.BytesValue => Convert.ToHexStringLower(value.BytesValue.Span[..Math.Min(value.BytesValue.Length, MaxText / 2)]),
        _ => "",
    };

    private static string? Find(IReadOnlyList<Tag> tags, string key)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == key)
                return tag.Value;
        }

        return null;
    }
}
