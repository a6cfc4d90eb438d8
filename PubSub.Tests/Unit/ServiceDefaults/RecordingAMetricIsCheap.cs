using PubSub.ServiceDefaults.Prometheus;
using static PubSub.Tests.Unit.ServiceDefaults.MetricsPage;

namespace PubSub.Tests.Unit.ServiceDefaults;

public sealed class RecordingAMetricIsCheap : IDisposable
{
    private const int Warm = 2_000;
    private const int Measured = 10_000;

    private static readonly object Two = 2;

    private readonly MetricsPage _page = new();

    public void Dispose() => _page.Dispose();

    [Fact]
    public void No_bytes_are_allocated_whatever_the_instrument_and_up_to_three_tags()
    {
        var counter = _page.Meter.CreateCounter<long>("calls");
        var fractions = _page.Meter.CreateCounter<double>("waited", "s");
        var sessions = _page.Meter.CreateUpDownCounter<int>("sessions");
        var gauge = _page.Meter.CreateGauge<double>("load");
        var histogram = _page.Meter.CreateHistogram<double>("took", "s");
        // Of each call another instance of the same text: what comes from a parsed request is never the same object.
        var names = Enumerable.Range(0, 8).Select(i => new string($"name-{i % 4}")).ToArray();

        AssertAllocatesNothing(i => counter.Add(1));
        AssertAllocatesNothing(i => counter.Add(1, Tag("service", names[i % 8])));
        AssertAllocatesNothing(i => counter.Add(1, Tag("service", names[i % 8]), Tag("status", "ok")));
        AssertAllocatesNothing(i => counter.Add(1, Tag("service", names[i % 8]), Tag("status", "ok"), Tag("try", Two)));
        AssertAllocatesNothing(i => fractions.Add(0.5, Tag("service", names[i % 8])));
        AssertAllocatesNothing(i => sessions.Add(-1, Tag("service", names[i % 8])));
        AssertAllocatesNothing(i => gauge.Record(i, Tag("service", names[i % 8])));
        AssertAllocatesNothing(i => histogram.Record(i, Tag("service", names[i % 8]), Tag("status", "ok"), Tag("try", Two)));
    }

    [Fact]
    public void Threads_that_meet_new_tags_while_the_lookup_grows_lose_nothing()
    {
        const int threads = 8, series = 500, rounds = 20;
        var counter = _page.Meter.CreateCounter<long>("calls");
        using var start = new Barrier(threads);

        var workers = Enumerable.Range(0, threads).Select(seed => new Thread(() =>
        {
            start.SignalAndWait();
            for (var i = 0; i < series * rounds; i++)
                counter.Add(1, Tag("id", (i + (seed * 61)) % series), Tag("kind", "room"));
        })).ToArray();
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());

        Assert.Equal(series, _page.Samples.Length);
        Assert.All(_page.Samples, sample => Assert.EndsWith($" {threads * rounds}", sample, StringComparison.Ordinal));
    }

    [Fact]
    public void Label_sets_beyond_the_limit_are_counted_together_and_logged_once()
    {
        const int tooMany = 50;
        var counter = _page.Meter.CreateCounter<long>("calls");
        for (var i = 0; i < MetricFamily.MostSeries + tooMany; i++)
            counter.Add(1, Tag("user", i));

        for (var i = 0; i < tooMany; i++)
            counter.Add(1, Tag("user", i));

        Assert.Equal(MetricFamily.MostSeries + 1, _page.Samples.Length);
        Assert.Contains($"calls_total{{otel_metric_overflow=\"true\"}} {tooMany}", _page.Samples);
        Assert.Contains("calls_total{user=\"0\"} 2", _page.Samples);
        Assert.Equal(110, Assert.Single(_page.Logs.Entries).EventId.Id);
    }

    private static void AssertAllocatesNothing(Action<int> record)
    {
        for (var i = 0; i < Warm; i++)
            record(i);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Measured; i++)
            record(i);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(allocated == 0, $"{allocated} bytes for {Measured} records");
    }
}
