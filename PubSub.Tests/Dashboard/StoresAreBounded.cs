using Aspire.Dashboard.Telemetry;

namespace PubSub.Tests.Dashboard;

public sealed class StoresAreBounded
{
    private static readonly TelemetrySource Anybody = new("anybody", "", []);

    [Fact]
    public void The_oldest_traces_go_whole()
    {
        var store = new SpanStore(10);
        for (var trace = 1; trace <= 4; trace++)
            store.Add(Enumerable.Range(1, 3).Select(span => Span((ulong)trace, (ulong)span, $"service-{trace}")));

        Assert.Equal((9, 3), (store.SpanCount, store.TraceCount));
        Assert.Null(store.Find(1));
        Assert.Equal(3, store.Find(2)!.Value.Spans.Count);
        Assert.Equal(["service-2", "service-3", "service-4"], store.Services().Select(service => service.Name));
        Assert.Empty(store.List(new TraceQuery { Service = "service-1" }).Traces);
    }

    [Fact]
    public void One_endless_trace_keeps_its_beginning_and_counts_the_rest()
    {
        var store = new SpanStore(100_000);
        store.Add(Enumerable.Range(1, SpanStore.MaxSpansPerTrace + 5).Select(span => Span(1, (ulong)span, "a")));

        var (spans, dropped) = store.Find(1)!.Value;

        Assert.Equal((SpanStore.MaxSpansPerTrace, 5), (spans.Count, dropped));
    }

    [Fact]
    public void The_latest_logs_stay()
    {
        var store = new LogStore(3);
        store.Add(Enumerable.Range(1, 5).Select(n => new LogEntry(n, 9, $"line {n}", "", Anybody, 0, 0, [])));

        Assert.Equal(["line 5", "line 4", "line 3"], store.List(new LogQuery()).Select(entry => entry.Message));
        Assert.Equal(3, store.Count);
    }

    [Fact]
    public void Series_beyond_the_bound_are_counted_and_not_kept()
    {
        var store = new MetricStore(2);
        store.Add(Enumerable.Range(1, 5).Select(n => Point("requests", n, 1, new Tag("user", $"{n}"))));
        store.Add([Point("requests", 6, 2, new Tag("user", "1")), Point("another", 7, 1)]);

        Assert.Equal((2, 4), (store.SeriesCount, store.Dropped));
        var instrument = Assert.Single(store.List());
        Assert.Equal(["1", "2"], Assert.Single(instrument.Labels).Values);
    }

    [Fact]
    public void A_series_keeps_its_latest_readings()
    {
        var series = new Series([]);
        for (var n = 1; n <= Series.MaxReadings + 10; n++)
            series.Add(Point("requests", n, n));

        Assert.Equal(Series.MaxReadings, series.Readings.Count);
        Assert.Equal(11, series.Readings.First().At);
    }

    [Fact]
    public void A_hundred_thousand_spans_are_found_by_their_indexes()
    {
        var store = new SpanStore(100_000);
        for (var trace = 1; trace <= 10_000; trace++)
        {
            var rare = trace % 1000 == 0 ? "rare" : "common";
            store.Add(Enumerable.Range(1, 10).Select(span => Span((ulong)trace, (ulong)span, span == 10 ? rare : "common")));
        }

        Assert.Equal((100_000, 10_000), (store.SpanCount, store.TraceCount));
        Assert.Equal(10, store.Find(5_000)!.Value.Spans.Count);
        Assert.Equal(0, store.Visited);

        Assert.Equal(10, store.List(new TraceQuery { Service = "rare" }).Traces.Count);
        Assert.Equal(10, store.Visited);

        var page = store.List(new TraceQuery { Limit = 50 });
        Assert.Equal(60, store.Visited);
        Assert.Equal(Ids.Text((UInt128)10_000), page.Traces[0].Id);

        var next = store.List(new TraceQuery { Limit = 50, Before = page.Next!.Value });
        Assert.Equal(110, store.Visited);
        Assert.Equal(page.Traces[^1].Arrival - 1, next.Traces[0].Arrival);
    }

    [Fact]
    public void Traces_are_found_by_what_their_spans_carry()
    {
        var store = new SpanStore(100);
        store.Add([Span(1, 1, "a") with { Tags = [new Tag("pubsub.channel", "room:room-001")] }, Span(2, 1, "b"), Span(3, 1, "c") with { Outcome = SpanOutcome.Error, End = 9_000_000 }]);

        ulong[] Found(TraceQuery query) => [.. store.List(query).Traces.Select(trace => ulong.Parse(trace.Id[16..], System.Globalization.NumberStyles.HexNumber, null))];
        Assert.Equal([1ul], Found(new TraceQuery { Text = "ROOM-001" }));
        Assert.Equal([1ul], Found(new TraceQuery { Text = "pubsub.channel=room:room" }));
        Assert.Empty(Found(new TraceQuery { Text = "pubsub.channel=user" }));
        Assert.Equal([3ul], Found(new TraceQuery { ErrorsOnly = true }));
        Assert.Equal([3ul], Found(new TraceQuery { MinNanos = 1_000_000 }));
        Assert.Equal([3ul, 2, 1], Found(new TraceQuery()));
    }

    private static SpanRecord Span(ulong trace, ulong id, string service) => new(
        trace, id, id == 1 ? 0 : 1ul, "work", "internal", 1000, 2000, SpanOutcome.Unset, "", new TelemetrySource(service, "", []), "", [], [], []);

    private static MetricPoint Point(string name, long at, double value, params Tag[] tags) =>
        new(Anybody, "meter", name, "", "", InstrumentKind.Counter, false, tags, at, value, null);
}
