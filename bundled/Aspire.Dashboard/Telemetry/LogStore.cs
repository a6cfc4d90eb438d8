namespace Aspire.Dashboard.Telemetry;

/// <summary>A log record that came over OTLP. Severity is OTLP's number: 1 trace, 5 debug, 9 info, 13 warning, 17 error, 21 fatal.</summary>
internal sealed record LogEntry(
    long At,
    int Severity,
    string Message,
    string Category,
    TelemetrySource Source,
    UInt128 TraceId,
    ulong SpanId,
    IReadOnlyList<Tag> Tags)
{
    /// <summary>Its place in the order of arrival, given by the store.</summary>
    public long Number { get; init; }
}

/// <summary>Which log entries; what is null or empty does not matter.</summary>
internal sealed record LogQuery
{
    public string? Service { get; init; }

    public string? Text { get; init; }

    public int MinSeverity { get; init; }

    public UInt128? TraceId { get; init; }

    public long Before { get; init; } = long.MaxValue;

    public int Limit { get; init; } = 200;

    public bool Matches(LogEntry entry) =>
        entry.Number < Before
        && entry.Severity >= MinSeverity
        && (TraceId is null || entry.TraceId == TraceId)
        && (string.IsNullOrEmpty(Service) || entry.Source.Service == Service || entry.Source.Instance == Service)
        && (string.IsNullOrEmpty(Text) || Has(entry.Message) || Has(entry.Category) || entry.Tags.Any(tag => Has(tag.Value) || Has(tag.Key)));

    private bool Has(string where) => where.Contains(Text!, StringComparison.OrdinalIgnoreCase);
}

/// <summary>The latest log records, in the order of their arrival.</summary>
internal sealed class LogStore(int maxEntries)
{
    private readonly Lock _lock = new();
    private readonly Queue<LogEntry> _entries = new();
    private long _arrivals;

    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    public void Add(IEnumerable<LogEntry> entries)
    {
        lock (_lock)
        {
            foreach (var entry in entries)
            {
                _entries.Enqueue(entry with { Number = ++_arrivals });
                if (_entries.Count > maxEntries)
                    _entries.Dequeue();
            }
        }
    }

    /// <summary>The latest first.</summary>
    public IReadOnlyList<LogEntry> List(LogQuery query) => [.. Snapshot().Reverse().Where(query.Matches).Take(query.Limit)];

    public IReadOnlyList<ServiceCount> Services() =>
        [.. Snapshot().CountBy(entry => entry.Source.Service).Select(entry => new ServiceCount(entry.Key, entry.Value)).OrderBy(service => service.Name, StringComparer.Ordinal)];

    private IEnumerable<LogEntry> Snapshot()
    {
        lock (_lock)
            return _entries.ToArray();
    }
}
