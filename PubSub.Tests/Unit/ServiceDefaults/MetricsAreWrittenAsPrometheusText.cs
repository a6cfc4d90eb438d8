using System.Diagnostics.Metrics;
using PubSub.ServiceDefaults.Prometheus;
using static PubSub.Tests.Unit.ServiceDefaults.MetricsPage;

namespace PubSub.Tests.Unit.ServiceDefaults;

public sealed class MetricsAreWrittenAsPrometheusText : IDisposable
{
    private readonly MetricsPage _page = new();

    public void Dispose() => _page.Dispose();

    [Theory]
    [InlineData("push_manager.api.requests", "{request}", "push_manager_api_requests_total")]
    [InlineData("push_manager_api_requests_total", null, "push_manager_api_requests_total")]
    [InlineData("grpc_calls_total", "{call}", "grpc_calls_total")]
    [InlineData("grpc.calls", null, "grpc_calls_total")]
    [InlineData("node.sent", "By", "node_sent_bytes_total")]
    [InlineData("node_sent_bytes_total", "By", "node_sent_bytes_total")]
    [InlineData("cpu.time", "s", "cpu_time_seconds_total")]
    [InlineData("a--b..c", null, "a_b_c_total")]
    public void Counter_ends_in_exactly_one_total(string name, string? unit, string expected) =>
        Assert.Equal(expected, MetricNames.Family(_page.Meter.CreateCounter<long>(name, unit), MetricKind.Counter));

    [Theory]
    [InlineData("push_manager.api.duration", "s", "push_manager_api_duration_seconds")]
    [InlineData("push_manager_api_duration_seconds", "s", "push_manager_api_duration_seconds")]
    [InlineData("outbox.size", "By", "outbox_size_bytes")]
    [InlineData("send.rate", "By/s", "send_rate_bytes_per_second")]
    [InlineData("send.rate", "{message}/s", "send_rate_per_second")]
    [InlineData("cache.hits", "1", "cache_hits_ratio")]
    [InlineData("push_manager_node_connections", null, "push_manager_node_connections")]
    [InlineData("odd", "{thing}", "odd")]
    [InlineData("odd", "furlong", "odd_furlong")]
    public void Gauge_carries_its_unit_once(string name, string? unit, string expected) =>
        Assert.Equal(expected, MetricNames.Family(_page.Meter.CreateGauge<long>(name, unit), MetricKind.Gauge));

    [Fact]
    public void Counter_adds_up_over_threads_and_number_types()
    {
        var whole = _page.Meter.CreateCounter<int>("pushes");
        var fraction = _page.Meter.CreateCounter<double>("waited", "s");

        Parallel.For(0, 1000, i =>
        {
            whole.Add(3, Tag("kind", "room"));
            fraction.Add(0.5);
        });

        Assert.Equal(["pushes_total{kind=\"room\"} 3000", "waited_seconds_total 500"], _page.Samples);
    }

    [Fact]
    public void Counter_stays_exact_where_a_double_would_not()
    {
        var bytes = _page.Meter.CreateCounter<long>("sent", "By");

        bytes.Add(1L << 60);
        bytes.Add(1);

        Assert.Equal("sent_bytes_total 1152921504606846977", _page.Samples.Single());
    }

    [Fact]
    public void Counter_never_goes_down_and_an_up_down_counter_does()
    {
        var counter = _page.Meter.CreateCounter<long>("pushes");
        var sessions = _page.Meter.CreateUpDownCounter<long>("sessions");

        counter.Add(5);
        counter.Add(-3);
        sessions.Add(5);
        sessions.Add(-3);

        Assert.Equal(["pushes_total 5", "sessions 2"], _page.Samples);
        Assert.Contains("# TYPE sessions gauge\n", _page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Gauge_shows_its_last_value()
    {
        var gauge = _page.Meter.CreateGauge<double>("load");

        gauge.Record(0.25);
        gauge.Record(double.PositiveInfinity, Tag("node", "a"));
        gauge.Record(double.NegativeInfinity, Tag("node", "b"));
        gauge.Record(double.NaN, Tag("node", "c"));
        gauge.Record(0.75);

        Assert.Equal(["load 0.75", "load{node=\"a\"} +Inf", "load{node=\"b\"} -Inf", "load{node=\"c\"} NaN"], _page.Samples);
    }

    [Fact]
    public void Observable_shows_what_is_observed_now_and_forgets_the_rest()
    {
        var nodes = new List<string> { "a", "b" };
        _page.Meter.CreateObservableGauge("queue", () => nodes.Select(node => new Measurement<int>(7, Tag("node", node))));
        _page.Meter.CreateObservableCounter("gc", () => 4L);
        Assert.Equal(["gc_total 4", "queue{node=\"a\"} 7", "queue{node=\"b\"} 7"], _page.Samples);

        nodes.Remove("a");

        Assert.Equal(["gc_total 4", "queue{node=\"b\"} 7"], _page.Samples);
    }

    [Fact]
    public void Histogram_counts_into_cumulative_buckets_with_inclusive_bounds()
    {
        var lag = _page.Meter.CreateHistogram(
            "lag", "s", "End to end.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 10] });

        foreach (var value in (double[])[0.05, 0.1, 0.5, 10, 11, double.NaN])
            lag.Record(value, Tag("kind", "room"));

        Assert.Equal(
            [
                "lag_seconds_bucket{kind=\"room\",le=\"0.1\"} 2",
                "lag_seconds_bucket{kind=\"room\",le=\"1\"} 3",
                "lag_seconds_bucket{kind=\"room\",le=\"10\"} 4",
                "lag_seconds_bucket{kind=\"room\",le=\"+Inf\"} 5",
                "lag_seconds_sum{kind=\"room\"} 21.65",
                "lag_seconds_count{kind=\"room\"} 5",
            ],
            _page.Samples);
        Assert.StartsWith(
            "# HELP lag_seconds End to end.\n# TYPE lag_seconds histogram\n# UNIT lag_seconds seconds\n", _page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Histogram_without_advice_takes_bounds_that_fit_its_unit()
    {
        _page.Meter.CreateHistogram<double>("took", "s").Record(0.003);
        _page.Meter.CreateHistogram<int>("frame", "By").Record(300);

        Assert.Contains("took_seconds_bucket{le=\"0.005\"} 1", _page.Samples);
        Assert.Contains("took_seconds_bucket{le=\"0.0025\"} 0", _page.Samples);
        Assert.Contains("frame_bytes_bucket{le=\"1024\"} 1", _page.Samples);
    }

    [Fact]
    public void Text_from_outside_is_escaped()
    {
        _page.Meter.CreateCounter<int>("odd", null, "a \\ and\na \"line\"").Add(1, Tag("text", "back\\slash \"quote\"\nline"));

        Assert.Contains("# HELP odd_total a \\\\ and\\na \"line\"\n", _page.Text, StringComparison.Ordinal);
        Assert.Equal("odd_total{text=\"back\\\\slash \\\"quote\\\"\\nline\"} 1", _page.Samples.Single());
    }

    [Fact]
    public void Labels_are_legal_sorted_and_joined_where_names_collide()
    {
        var counter = _page.Meter.CreateCounter<int>("odd");

        counter.Add(1, Tag("z", 1), Tag("http.route", "/a"), Tag("http_route", "/b"), Tag("1st", true), Tag("le", 2.5), Tag("none", null));

        Assert.Equal(
            "odd_total{_1st=\"true\",exported_le=\"2.5\",http_route=\"/a;/b\",z=\"1\"} 1", _page.Samples.Single());
    }

    [Fact]
    public void Same_tags_in_another_order_or_number_type_are_the_same_series()
    {
        var counter = _page.Meter.CreateCounter<int>("pushes");

        counter.Add(1, Tag("a", 1), Tag("b", "x"));
        counter.Add(1, Tag("b", "x"), Tag("a", 1L));

        Assert.Equal("pushes_total{a=\"1\",b=\"x\"} 2", _page.Samples.Single());
    }

    [Fact]
    public void Constant_tags_of_meter_and_instrument_are_labels_too()
    {
        using var page = new MetricsPage(Tag("zone", "eu"));

        page.Meter.CreateCounter<int>("pushes", null, null, [Tag("door", "grpc")]).Add(1);
        page.Meter.CreateCounter<int>("pushes", null, null, [Tag("door", "http")]).Add(2);

        Assert.Equal(
            ["pushes_total{door=\"grpc\",zone=\"eu\"} 1", "pushes_total{door=\"http\",zone=\"eu\"} 2"], page.Samples);
    }

    [Fact]
    public void Name_that_is_taken_by_another_kind_is_left_out_with_a_warning()
    {
        _page.Meter.CreateGauge<int>("pushes_total").Record(1);
        _page.Meter.CreateCounter<int>("pushes").Add(1);

        Assert.Equal("pushes_total 1", _page.Samples.Single());
        Assert.Equal(111, Assert.Single(_page.Logs.Entries).EventId.Id);
    }

    [Fact]
    public void Instrument_that_fails_when_asked_costs_only_its_own_value_and_one_warning()
    {
        _page.Meter.CreateObservableGauge("broken", int () => throw new InvalidOperationException("no value"));
        _page.Meter.CreateObservableGauge("sound", () => 1);

        Assert.Equal("sound 1", _page.Samples.Single());
        Assert.Equal("sound 1", _page.Samples.Single());
        Assert.Equal(112, Assert.Single(_page.Logs.Entries).EventId.Id);
    }

    [Fact]
    public void Meter_that_is_gone_takes_its_metrics_along()
    {
        _page.Meter.CreateCounter<int>("pushes").Add(1);
        Assert.Single(_page.Samples);

        _page.Meter.Dispose();

        Assert.Equal("", _page.Text);
    }
}
