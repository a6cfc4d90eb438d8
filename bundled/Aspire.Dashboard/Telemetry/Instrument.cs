namespace Aspire.Dashboard.Telemetry;

/// <summary>An instrument of a service: all its instances together.</summary>
internal sealed record InstrumentId(string Service, string Meter, string Name);

/// <summary>An instrument in the list of them.</summary>
internal sealed record InstrumentSummary(
    string Service, string Meter, string Name, string Kind, string Unit, string Description, int Series, IReadOnlyList<LabelValues> Labels);

/// <summary>A label and the values that it has among the series of an instrument.</summary>
internal sealed record LabelValues(string Label, IReadOnlyList<string> Values);

/// <summary>The series of one instrument. Guarded by the store's lock.</summary>
internal sealed class Instrument(InstrumentId id, MetricPoint first)
{
    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);

    public InstrumentKind Kind => first.Kind;

    public string Unit => first.Unit;

    public IReadOnlyCollection<Series> Series => _series.Values;

    public Series? Find(MetricPoint point) => _series.GetValueOrDefault(KeyOf(point));

    public void Start(MetricPoint point)
    {
        var series = new Series(LabelsOf(point));
        series.Add(point);
        _series.Add(KeyOf(point), series);
    }

    public InstrumentSummary Summary() => new(
        id.Service, id.Meter, id.Name, Kind.ToString(), first.Unit, first.Description, _series.Count,
        [
            .. _series.Values.SelectMany(series => series.Labels).GroupBy(tag => tag.Key, StringComparer.Ordinal)
                .Select(label => new LabelValues(label.Key, [.. label.Select(tag => tag.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(100)])),
        ]);

    private static string KeyOf(MetricPoint point) =>
        string.Join('\u001f', point.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}\u001e{tag.Value}"))
        + '\u001d' + point.Source.Instance;

    // The instance is a label like any other to whoever reads the chart.
    private static IReadOnlyList<Tag> LabelsOf(MetricPoint point) =>
        point.Source.Instance.Length == 0 ? point.Tags : [new Tag("instance", point.Source.Instance), .. point.Tags];
}

/// <summary>A reading of a series, always as counted from the start.</summary>
internal readonly record struct Reading(long At, double Value, Buckets? Buckets);

/// <summary>The latest readings of one set of labels.</summary>
internal sealed class Series(IReadOnlyList<Tag> labels)
{
    // Ten minutes where services report each second, hours where they report each minute.
    public const int MaxReadings = 900;

    private readonly Queue<Reading> _readings = new();
    private Reading _last;

    public IReadOnlyList<Tag> Labels => labels;

    public IReadOnlyCollection<Reading> Readings => _readings;

    public Reading Last => _last;

    public void Add(MetricPoint point)
    {
        var isFirst = _readings.Count == 0;
        if (!isFirst && point.At <= _last.At)
            return;

        var buckets = point.Buckets;
        if (buckets is not null && _last.Buckets is { } before)
        {
            if (point.IsDelta)
                buckets = before.Plus(buckets);
            // Nothing new: hundreds of readings share what they say.
            if (buckets.HasSameBounds(before))
                buckets = buckets.Counts.AsSpan().SequenceEqual(before.Counts) ? before : buckets with { Bounds = before.Bounds };
        }

        var isAdded = point.IsDelta && point.Kind != InstrumentKind.Gauge && !isFirst;
        _last = new Reading(point.At, isAdded ? _last.Value + point.Value : point.Value, buckets);
        _readings.Enqueue(_last);
        if (_readings.Count > MaxReadings)
            _readings.Dequeue();
    }
}
