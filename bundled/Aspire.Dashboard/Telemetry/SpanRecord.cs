using System.Globalization;

namespace Aspire.Dashboard.Telemetry;

internal enum SpanOutcome
{
    Unset,
    Ok,
    Error,
}

/// <summary>A span as it is kept. Times are nanoseconds since 1970.</summary>
internal sealed record SpanRecord(
    UInt128 TraceId,
    ulong SpanId,
    ulong ParentId,
    string Name,
    string Kind,
    long Start,
    long End,
    SpanOutcome Outcome,
    string OutcomeText,
    TelemetrySource Source,
    string Scope,
    IReadOnlyList<Tag> Tags,
    IReadOnlyList<SpanEventRecord> Events,
    IReadOnlyList<SpanLinkRecord> Links);

/// <summary>Something that happened within a span.</summary>
internal sealed record SpanEventRecord(long At, string Name, IReadOnlyList<Tag> Tags);

/// <summary>A span elsewhere that this one has to do with.</summary>
internal sealed record SpanLinkRecord(UInt128 TraceId, ulong SpanId);

/// <summary>Ids as they are written.</summary>
internal static class Ids
{
    public static string Text(UInt128 traceId) => traceId.ToString("x32", CultureInfo.InvariantCulture);

    public static string Text(ulong spanId) => spanId.ToString("x16", CultureInfo.InvariantCulture);

    public static bool TryParse(string? text, out UInt128 traceId)
    {
        traceId = default;
        return text?.Length == 32 && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out traceId);
    }
}
