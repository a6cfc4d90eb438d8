using System.Net;
using Grpc.Net.Client;
using PubSub.Tests.Unit.ServiceDefaults;
using PubSub.Tests.Wire.HelloService;
using static PubSub.Tests.Unit.ServiceDefaults.MetricsPage;

namespace PubSub.Tests.Wire.Telemetry;

public sealed class PrometheusReadsTheMetricsPage
{
    [Fact]
    public async Task Every_kind_of_instrument_with_every_kind_of_text_pleases_promtool()
    {
        using var page = new MetricsPage();
        var awkward = Tag("text", "back\\slash \"quote\"\nnew line \u00e4 {} ,=");
        page.Meter.CreateCounter<long>("push_manager.api.requests", "{request}", "With \\ and\nline.").Add(1, awkward);
        page.Meter.CreateCounter<double>("grpc_calls_total", null, "Calls.").Add(1.5, Tag("service", "s"), Tag("name", "logic_forward"), Tag("status", "ok"));
        page.Meter.CreateUpDownCounter<int>("push_manager_node_connections", null, "Nodes.").Add(-2, awkward);
        page.Meter.CreateGauge<double>("load", null, "Load.").Record(double.NaN, Tag("a.b", 1), Tag("a_b", 2));
        page.Meter.CreateGauge<double>("tiny", null, "Tiny.").Record(1.5e-300);
        page.Meter.CreateObservableGauge("seen", () => double.PositiveInfinity, null, "Seen.");
        page.Meter.CreateObservableUpDownCounter("thread.count", () => 3, "{thread}", "Ends in a reserved word.");
        page.Meter.CreateObservableCounter("gc", () => 3L, null, "Collections.");
        page.Meter.CreateHistogram<double>("push_manager.api.duration", "s", "Time.").Record(0.3, awkward);
        page.Meter.CreateHistogram<int>("frame", "By", "Size.").Record(300, Tag("le", "mine"));
        page.Meter.CreateCounter<int>("silent", null, "Never counted.");

        await Promtool.AssertAcceptsAsync(page.Text);
    }

    [Fact]
    public async Task Promtool_is_a_judge_that_can_say_no() =>
        await Assert.ThrowsAsync<Xunit.Sdk.TrueException>(() => Promtool.AssertAcceptsAsync("a{b=\"unfinished} 1\n"));

    [Fact]
    public async Task Page_of_a_running_service_has_its_own_and_the_frameworks_metrics()
    {
        await using var hello = await HelloProcess.StartAsync();
        using (var channel = GrpcChannel.ForAddress(hello.GrpcAddress))
            await new Hello.HelloClient(channel).GreetAsync(new Greeting { Text = "Ada" });
        using var http = new HttpClient();
        await http.GetStringAsync(new Uri(hello.HttpAddress, "/rooms/42"));

        var answer = await http.GetAsync(new Uri(hello.MetricsAddress, "/metrics"));
        var page = await answer.Content.ReadAsStringAsync();

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Contains("hello_greetings_total{how=\"once\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("hello_duration_seconds_count 1\n", page, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections_total{", page, StringComparison.Ordinal);
        Assert.Contains("http_route=\"/rooms/{id}\"", page, StringComparison.Ordinal);
        await Promtool.AssertAcceptsAsync(page);
    }

    [Fact]
    public async Task Metrics_door_has_only_metrics_and_health_and_other_doors_have_no_metrics()
    {
        await using var hello = await HelloProcess.StartAsync();
        using var http = new HttpClient();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(hello.MetricsAddress, "/metrics"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(hello.MetricsAddress, "/health"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(hello.MetricsAddress, "/alive"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(hello.MetricsAddress, "/rooms/42"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(hello.HttpAddress, "/metrics"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(hello.HttpAddress, "/health"));

        async Task<HttpStatusCode> StatusAsync(Uri door, string path)
        {
            using var answer = await http.GetAsync(new Uri(door, path));
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Scrapes_and_probes_are_not_counted_as_requests()
    {
        await using var hello = await HelloProcess.StartAsync();
        using var http = new HttpClient();
        await http.GetStringAsync(new Uri(hello.HttpAddress, "/health"));
        await http.GetStringAsync(new Uri(hello.MetricsAddress, "/metrics"));

        var page = await http.GetStringAsync(new Uri(hello.MetricsAddress, "/metrics"));

        Assert.DoesNotContain("http_server_request_duration_seconds_count", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_door_can_be_turned_off()
    {
        await using var hello = await HelloProcess.StartAsync("--METRICS_PORT=-1");

        Assert.Equal(0, hello.MetricsPort);
        Assert.NotEqual(0, hello.HttpPort);
    }
}
