namespace Aspire.Dashboard.Telemetry;

/// <summary>
/// The latest spans, by trace. Full, it forgets whole traces, those that arrived first before others: half a trace
/// would mislead. A trace that alone grows past its share keeps what it has and counts the rest.
/// </summary>
internal sealed class SpanStore(int maxSpans)
{
    public const int MaxSpansPerTrace = 10_000;

    private static readonly Comparer<Trace> ByArrival = Comparer<Trace>.Create((a, b) => a.Arrival.CompareTo(b.Arrival));

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Trace> _traces = [];
    private readonly SortedSet<Trace> _byArrival = new(ByArrival);
    private readonly Dictionary<string, SortedSet<Trace>> _byService = new(StringComparer.Ordinal);
    private readonly int _maxSpansPerTrace = Math.Min(MaxSpansPerTrace, maxSpans);
    private long _arrivals;
    private long _visited;
    private int _spans;

    public int SpanCount => Volatile.Read(ref _spans);

    public int TraceCount
    {
        get
        {
            lock (_lock)
                return _traces.Count;
        }
    }

    /// <summary>Traces that lists have looked at so far: what the indexes are there to keep small.</summary>
    public long Visited => Interlocked.Read(ref _visited);

    public void Add(IEnumerable<SpanRecord> spans)
    {
        lock (_lock)
        {
            foreach (var span in spans)
                Add(span);
        }
    }

    public IReadOnlyList<ServiceCount> Services()
    {
        lock (_lock)
            return [.. _byService.Select(entry => new ServiceCount(entry.Key, entry.Value.Count)).OrderBy(service => service.Name, StringComparer.Ordinal)];
    }

    /// <summary>The spans of a trace in the order of their start, and how many there was no room for.</summary>
    public (IReadOnlyList<SpanRecord> Spans, int Dropped)? Find(UInt128 id)
    {
        lock (_lock)
        {
            if (!_traces.TryGetValue(id, out var trace))
                return null;
            return ([.. trace.Spans.OrderBy(span => span.Start)], trace.Dropped);
        }
    }

    /// <summary>How many spans of a trace are kept: 0 where it is not known.</summary>
    public int CountOf(UInt128 id)
    {
        lock (_lock)
            return _traces.TryGetValue(id, out var trace) ? trace.Spans.Count : 0;
    }

    public TracePage List(TraceQuery query)
    {
        var page = new List<TraceSummary>();
        foreach (var trace in Candidates(query))
        {
            Interlocked.Increment(ref _visited);
            // One trace at a time: a long search must not hold up what arrives.
            lock (_lock)
            {
                if (query.Matches(trace))
                    page.Add(trace.Summary());
            }

            if (page.Count == query.Limit)
                return new TracePage(page, trace.Arrival);
        }

        return new TracePage(page, null);
    }

    private Trace[] Candidates(TraceQuery query)
    {
        lock (_lock)
        {
            if (string.IsNullOrEmpty(query.Service))
                return Before(_byArrival, query);
            return _byService.TryGetValue(query.Service, out var traces) ? Before(traces, query) : [];
        }
    }

    private static Trace[] Before(SortedSet<Trace> traces, TraceQuery query) => query.Before == long.MaxValue
        ? [.. traces.Reverse()]
        : [.. traces.GetViewBetween(new Trace(0, 0), new Trace(0, query.Before - 1)).Reverse()];

    private void Add(SpanRecord span)
    {
        if (!_traces.TryGetValue(span.TraceId, out var trace))
        {
            trace = new Trace(span.TraceId, ++_arrivals);
            _traces.Add(span.TraceId, trace);
            _byArrival.Add(trace);
        }

        if (trace.Spans.Count >= _maxSpansPerTrace)
        {
            trace.Dropped++;
            return;
        }

        if (trace.Add(span))
            IndexOf(span.Source.Service).Add(trace);
        _spans++;
        while (_spans > maxSpans)
            Forget(_byArrival.Min!);
    }

    private SortedSet<Trace> IndexOf(string service)
    {
        if (!_byService.TryGetValue(service, out var traces))
            _byService.Add(service, traces = new SortedSet<Trace>(ByArrival));
        return traces;
    }

    private void Forget(Trace trace)
    {
        _traces.Remove(trace.Id);
        _byArrival.Remove(trace);
        _spans -= trace.Spans.Count;
        foreach (var service in trace.Services.Keys)
        {
            var index = _byService[service];
            index.Remove(trace);
            if (index.Count == 0)
                _byService.Remove(service);
        }
    }
}
