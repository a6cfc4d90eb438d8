using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace PubSub.ServiceDefaults.Prometheus;

internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>What one name on /metrics stands for: a type, a help text and the series of all label sets.</summary>
internal sealed class MetricFamily
{
    /// <summary>Label sets of one name beyond which all further ones are counted together.</summary>
    public const int MostSeries = 2000;

    private const string OverflowLabels = "otel_metric_overflow=\"true\"";

    private readonly Func<string, Series> _create;
    private readonly Action<MetricFamily> _onOverflow;
    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly string _help;
    private readonly string _unit;
    private int _instruments;
    private Series? _overflow;

    public MetricFamily(
        string name, MetricKind kind, Instrument first, Func<string, Series> create, Action<MetricFamily> onOverflow)
    {
        Name = name;
        Kind = kind;
        _help = first.Description is { Length: > 0 } description ? description : first.Name;
        _unit = MetricNames.Unit(first.Unit);
        _create = create;
        _onOverflow = onOverflow;
    }

    public string Name { get; }

    public MetricKind Kind { get; }

    public void Attach() => Interlocked.Increment(ref _instruments);

    /// <summary>True when the last instrument behind the name is gone.</summary>
    public bool Detach() => Interlocked.Decrement(ref _instruments) == 0;

    public Series SeriesOf(string labels)
    {
        if (_series.TryGetValue(labels, out var series))
            return series;

        lock (_gate)
        {
            if (_series.TryGetValue(labels, out series))
                return series;

            if (_series.Count >= MostSeries)
            {
                if (_overflow is null)
                {
                    _overflow = _create(OverflowLabels);
                    _onOverflow(this);
                }

                return _overflow;
            }

            return _series[labels] = _create(labels);
        }
    }

    public void Write(TextFormat text, long scrape)
    {
        text.Family(Name, _help, TypeName(), _unit);
        foreach (var (_, series) in _series.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
            series.Write(text, scrape);

        _overflow?.Write(text, scrape);
    }

    private string TypeName() => Kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Histogram => "histogram",

        // That ending is reserved for histograms; .NET has gauges that end so, which a strict reader takes only untyped.
        _ when Name.EndsWith("_count", StringComparison.Ordinal) => "untyped",
        _ => "gauge",
    };
}

/// <summary>One instrument's way into its family: its own constant tags and the lookup of those that it records.</summary>
internal sealed class MetricInstrument
{
    private readonly MetricFamily _family;
    private readonly KeyValuePair<string, object?>[] _constantTags;
    private readonly TagLookup _lookup = new(MetricFamily.MostSeries * 2);
    private Series? _untagged;

    public MetricInstrument(MetricFamily family, Instrument instrument)
    {
        _family = family;
        _constantTags = [.. instrument.Meter.Tags ?? [], .. instrument.Tags ?? []];
    }

    public MetricFamily Family => _family;

    public void Record(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => SeriesOf(tags).Record(value);

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => SeriesOf(tags).Record(value);

    private Series SeriesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        tags.IsEmpty
            ? _untagged ??= _family.SeriesOf(Render(tags))
            : _lookup.Find(tags) ?? SeriesOfNew(tags);

    private Series SeriesOfNew(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = _family.SeriesOf(Render(tags));
        _lookup.Add(tags, series);
        return series;
    }

    /// <summary>Tags whose names become one label are joined as OpenTelemetry asks, a tag without a value is no label.</summary>
    private string Render(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in (KeyValuePair<string, object?>[])[.. _constantTags, .. tags])
        {
            if (MetricNames.LabelValue(value) is { Length: > 0 } text)
            {
                var label = MetricNames.Label(key);
                labels[label] = labels.TryGetValue(label, out var other) ? $"{other};{text}" : text;
            }
        }

        return TextFormat.Labels(labels);
    }
}
