using System.Runtime.InteropServices;

namespace Aspire.Dashboard.Telemetry;

/// <summary>The spans of one trace and what a list shows of them. Guarded by the store's lock.</summary>
internal sealed class Trace(UInt128 id, long arrival)
{
    private readonly List<SpanRecord> _spans = [];
    private readonly Dictionary<string, int> _services = new(StringComparer.Ordinal);
    private SpanRecord? _root;

    public UInt128 Id => id;

    /// <summary>Rises with each trace that arrives: the order of the list, and what pages are cut by.</summary>
    public long Arrival => arrival;

    public IReadOnlyList<SpanRecord> Spans => _spans;

    public IReadOnlyDictionary<string, int> Services => _services;

    public long Start { get; private set; } = long.MaxValue;

    public long End { get; private set; }

    public int Errors { get; private set; }

    /// <summary>Spans that came after the trace was full.</summary>
    public int Dropped { get; set; }

    /// <returns>True if it is the trace's first span of that service.</returns>
    public bool Add(SpanRecord span)
    {
        _spans.Add(span);
        Start = Math.Min(Start, span.Start);
        End = Math.Max(End, span.End);
        if (span.Outcome == SpanOutcome.Error)
            Errors++;
        if (_root is null || Rank(span).CompareTo(Rank(_root)) < 0)
            _root = span;

        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_services, span.Source.Service, out var known);
        count++;
        return !known;
    }

    public TraceSummary Summary() => new(
        Ids.Text(id), arrival, _root!.Name, _root.Source.Service, Start / 1000, End - Start, _spans.Count, Errors, Dropped,
        [.. _services.Select(entry => new ServiceCount(entry.Key, entry.Value))]);

    // While the true root has not arrived, the earliest span stands for it.
    private static (bool HasParent, long Start) Rank(SpanRecord span) => (span.ParentId != 0, span.Start);
}

/// <summary>A line of the list of traces.</summary>
internal sealed record TraceSummary(
    string Id,
    long Arrival,
    string Name,
    string Service,
    long StartMicros,
    long DurationNanos,
    int Spans,
    int Errors,
    int Dropped,
    IReadOnlyList<ServiceCount> Services);

/// <summary>How many spans, or traces, of a service.</summary>
internal sealed record ServiceCount(string Name, int Count);
