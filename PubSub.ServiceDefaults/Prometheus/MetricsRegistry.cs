using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace PubSub.ServiceDefaults.Prometheus;

/// <summary>
/// Listens to the meters of this process and writes what they recorded as the Prometheus text format.
///
/// The way of a measurement: instrument → <see cref="TagLookup"/> (read without a lock) → <see cref="Series"/> (cells
/// per processor). All work that allocates happens when an instrument or a set of tags is seen for the first time, and
/// at a scrape. A name holds at most <see cref="MetricFamily.MostSeries"/> label sets: what comes after is counted
/// together and logged once, so that a label with unbounded values costs its detail, never the process's memory.
/// </summary>
internal sealed partial class MetricsRegistry : IDisposable
{
    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly Lock _scrapeGate = new();
    private readonly Lock _publishGate = new();
    private readonly MeterListener _listener = new();
    private readonly string[] _meters;
    private readonly object? _scope;
    private readonly ILogger _logger;
    private long _scrape;
    private bool _callbackFailed;

    /// <param name="meters">Names of meters to expose; a <c>*</c> at the end stands for any.</param>
    /// <param name="scope">The meter factory of this host: meters of another host in the process are not ours.</param>
    /// <param name="logger">For what an operator should know.</param>
    public MetricsRegistry(IEnumerable<string> meters, IMeterFactory? scope, ILogger<MetricsRegistry> logger)
    {
        _meters = [.. meters];
        _scope = scope;
        _logger = logger;
        _listener.InstrumentPublished = OnPublished;
        _listener.MeasurementsCompleted = OnCompleted;
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => Whole(state, value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => Whole(state, value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Whole(state, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Whole(state, value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => Fraction(state, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Fraction(state, value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => Fraction(state, (double)value, tags));
        _listener.Start();
    }

    public void Write(IBufferWriter<byte> output)
    {
        lock (_scrapeGate)
        {
            var scrape = ++_scrape;
            Observe();
            var text = new TextFormat(output);
            foreach (var family in _families.Values.OrderBy(static family => family.Name, StringComparer.Ordinal))
                family.Write(text, scrape);
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Whole(object? instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((MetricInstrument)instrument!).Record(value, tags);

    private static void Fraction(object? instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((MetricInstrument)instrument!).Record(value, tags);

    private void Observe()
    {
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException broken) when (!_callbackFailed)
        {
            _callbackFailed = true;
            LogCallbackFailed(broken.InnerExceptions[0]);
        }
        catch (AggregateException)
        {
            // Said once; the other instruments have been asked all the same.
        }
    }

    private void OnPublished(Instrument instrument, MeterListener listener)
    {
        if ((instrument.Meter.Scope is not null && _scope is not null && instrument.Meter.Scope != _scope)
            || !Array.Exists(_meters, pattern => IsMatch(pattern, instrument.Meter.Name)))
        {
            return;
        }

        var shape = InstrumentShape.Of(instrument);
        var name = MetricNames.Family(instrument, shape.Kind);
        lock (_publishGate)
        {
            var family = _families.GetOrAdd(name, _ => new MetricFamily(
                name, shape.Kind, instrument, SeriesFactory(instrument, shape), LogOverflow));
            if (family.Kind != shape.Kind)
            {
                LogNameClash(instrument.Meter.Name, instrument.Name, name);
                return;
            }

            family.Attach();
            listener.EnableMeasurementEvents(instrument, new MetricInstrument(family, instrument));
        }
    }

    private void OnCompleted(Instrument instrument, object? state)
    {
        lock (_publishGate)
        {
            if (state is MetricInstrument { Family: var family } && family.Detach())
                _families.TryRemove(family.Name, out _);
        }
    }

    private Func<string, Series> SeriesFactory(Instrument instrument, InstrumentShape shape)
    {
        if (instrument.IsObservable)
            return labels => new ObservedSeries(labels, () => _scrape);

        if (shape.Kind == MetricKind.Histogram)
        {
            var bounds = HistogramBounds.Of(instrument);
            var boundLabels = Array.ConvertAll(bounds, TextFormat.NumberText);
            return labels => new HistogramSeries(labels, bounds, boundLabels);
        }

        return shape.IsSum
            ? labels => new SumSeries(labels, onlyUp: shape.Kind == MetricKind.Counter)
            : labels => new LastValueSeries(labels);
    }

    private static bool IsMatch(string pattern, string name) => pattern.EndsWith('*')
        ? name.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase)
            || name.Equals(pattern[..^1].TrimEnd('.'), StringComparison.OrdinalIgnoreCase)
        : name.Equals(pattern, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What kind of instrument this is, whatever its type of number.</summary>
internal readonly record struct InstrumentShape(MetricKind Kind, bool IsSum)
{
    public static InstrumentShape Of(Instrument instrument)
    {
        for (var type = instrument.GetType(); type is not null; type = type.BaseType)
        {
            if (type.IsGenericType)
            {
                var shape = type.GetGenericTypeDefinition();
                if (shape == typeof(Counter<>) || shape == typeof(ObservableCounter<>))
                    return new InstrumentShape(MetricKind.Counter, IsSum: true);

                if (shape == typeof(UpDownCounter<>))
                    return new InstrumentShape(MetricKind.Gauge, IsSum: true);

                if (shape == typeof(Histogram<>))
                    return new InstrumentShape(MetricKind.Histogram, IsSum: false);
            }
        }

        return new InstrumentShape(MetricKind.Gauge, IsSum: false);
    }
}
