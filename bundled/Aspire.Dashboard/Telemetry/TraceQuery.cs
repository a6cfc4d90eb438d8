namespace Aspire.Dashboard.Telemetry;

/// <summary>Which traces a list shall have; what is null or empty does not matter.</summary>
internal sealed record TraceQuery
{
    public string? Service { get; init; }

    /// <summary>In a name, a service, an id, or an attribute, also as key=value.</summary>
    public string? Text { get; init; }

    public long MinNanos { get; init; }

    public bool ErrorsOnly { get; init; }

    /// <summary>Only traces that arrived before the one with this arrival.</summary>
    public long Before { get; init; } = long.MaxValue;

    public int Limit { get; init; } = 100;

    /// <summary>What is cheap to ask comes first; the text may look at every attribute of every span.</summary>
    public bool Matches(Trace trace) =>
        trace.Arrival < Before
        && (!ErrorsOnly || trace.Errors > 0)
        && trace.End - trace.Start >= MinNanos
        && (string.IsNullOrEmpty(Service) || trace.Services.ContainsKey(Service))
        && (string.IsNullOrEmpty(Text) || HasText(trace, Text));

    private static bool HasText(Trace trace, string text) =>
        Has(Ids.Text(trace.Id), text)
        || trace.Services.Keys.Any(service => Has(service, text))
        || trace.Spans.Any(span => Has(span.Name, text) || span.Tags.Any(tag => Has(tag, text)));

    private static bool Has(Tag tag, string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return Has(tag.Value, text) || Has(tag.Key, text)
            || (equals > 0 && tag.Key.AsSpan().Equals(text.AsSpan(0, equals), StringComparison.OrdinalIgnoreCase)
                && tag.Value.AsSpan().Contains(text.AsSpan(equals + 1), StringComparison.OrdinalIgnoreCase));
    }

    private static bool Has(string where, string text) => where.Contains(text, StringComparison.OrdinalIgnoreCase);
}

/// <summary>A page of the list of traces.</summary>
/// <param name="Traces">The latest to arrive first.</param>
/// <param name="Next">Where the next page starts; null at the end.</param>
internal sealed record TracePage(IReadOnlyList<TraceSummary> Traces, long? Next);
