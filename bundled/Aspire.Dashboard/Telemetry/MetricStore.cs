namespace Aspire.Dashboard.Telemetry;

/// <summary>The latest points of each series. Series beyond the bound are counted, not kept.</summary>
internal sealed class MetricStore(int maxSeries)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<InstrumentId, Instrument> _instruments = [];
    private int _series;

    public int SeriesCount => Volatile.Read(ref _series);

    /// <summary>Points of series that there was no room for.</summary>
    public long Dropped { get; private set; }

    public void Add(IEnumerable<MetricPoint> points)
    {
        lock (_lock)
        {
            foreach (var point in points)
                Add(point);
        }
    }

    public IReadOnlyList<InstrumentSummary> List()
    {
        lock (_lock)
        {
            return
            [
                .. _instruments.Values.Select(instrument => instrument.Summary())
                    .OrderBy(summary => summary.Service, StringComparer.Ordinal)
                    .ThenBy(summary => summary.Meter, StringComparer.Ordinal)
                    .ThenBy(summary => summary.Name, StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>Null where nothing of the kind was received.</summary>
    public Chart? Read(InstrumentId id, ChartQuery query)
    {
        lock (_lock)
            return _instruments.TryGetValue(id, out var instrument) ? ChartReader.Read(instrument, query) : null;
    }

    private void Add(MetricPoint point)
    {
        var id = new InstrumentId(point.Source.Service, point.Meter, point.Name);
        if (!_instruments.TryGetValue(id, out var instrument))
        {
            if (_series >= maxSeries)
            {
                Dropped++;
                return;
            }

            _instruments.Add(id, instrument = new Instrument(id, point));
        }

        if (instrument.Find(point) is { } known)
        {
            known.Add(point);
        }
        else if (_series < maxSeries)
        {
            _series++;
            instrument.Start(point);
        }
        else
        {
            Dropped++;
        }
    }
}
