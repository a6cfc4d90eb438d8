using Grpc.Net.Client;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.HelloService;
using PubSub.Tests.Wire.Telemetry.Otlp;

namespace PubSub.Tests.Wire.Telemetry;

public sealed class TelemetryReachesTheCollector
{
    private const string RemoteTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Theory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public async Task Traces_metrics_and_logs_are_flushed_when_the_process_stops(string protocol)
    {
        await using var collector = await OtlpCollector.StartAsync();
        var endpoint = protocol == "grpc" ? collector.GrpcEndpoint : collector.HttpEndpoint;
        await using var hello = await HelloProcess.StartAsync(
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={endpoint}", $"--OTEL_EXPORTER_OTLP_PROTOCOL={protocol}",
            "--HELLO_ID=hello-7", "--OTEL_BSP_SCHEDULE_DELAY=600000", "--OTEL_METRIC_EXPORT_INTERVAL=600000",
            "--OTEL_BLRP_SCHEDULE_DELAY=600000", "--OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test");
        await GreetAsync(hello);
        Assert.Empty(collector.Spans);

        hello.Signal(HelloProcess.SigTerm);
        Assert.Equal(0, await hello.WaitForExitAsync());

        var span = Assert.Single(collector.Spans);
        var greetings = Assert.Single(collector.Metrics, metric => metric.Metric.Name == "hello.greetings");
        var duration = Assert.Single(collector.Metrics, metric => metric.Metric.Name == "hello.duration");
        var log = Assert.Single(collector.Logs, log => log.Record.Body.StringValue == "greeted by Ada");
        Assert.Equal("PubSub.Hello", greetings.Meter);
        Assert.Equal(1, greetings.Metric.Sum.DataPoints.Single().AsInt);
        Assert.Contains(0.0005, duration.Metric.Histogram.DataPoints.Single().ExplicitBounds);
        Assert.Contains(collector.Metrics, metric => metric.Metric.Name == "kestrel.active_connections");
        Assert.Contains(collector.Metrics, metric => metric.Metric.Name == "dotnet.gc.collections");
        Assert.Equal(span.Span.TraceId, log.Record.TraceId);
        Assert.Equal("Ada", log.Tags["Name"]);
        Assert.All([span.Resource, greetings.Resource, log.Resource], resource =>
        {
            Assert.Equal("hello", resource["service.name"]);
            Assert.Equal("hello-7", resource["service.instance.id"]);
            Assert.Equal("test", resource["deployment.environment.name"]);
        });
        Assert.All(["traces", "metrics", "logs"], signal => Assert.Equal(protocol.Split('/')[0], collector.LastDoor[signal]));
    }

    [Fact]
    public async Task Service_name_from_the_environment_wins()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var hello = await HelloProcess.StartAsync(
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.GrpcEndpoint}", "--OTEL_SERVICE_NAME=renamed");
        await GreetAsync(hello);

        await StopAsync(hello);

        Assert.Equal("renamed", Assert.Single(collector.Spans).Service);
    }

    [Fact]
    public async Task Http_request_is_named_by_its_route_and_probes_leave_no_span()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var hello = await HelloProcess.StartAsync($"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.GrpcEndpoint}");
        using var http = new HttpClient();
        await http.GetStringAsync(new Uri(hello.HttpAddress, "/health"));
        await http.GetStringAsync(new Uri(hello.HttpAddress, "/rooms/42"));
        await http.GetStringAsync(new Uri(hello.MetricsAddress, "/metrics"));
        await http.GetStringAsync(new Uri(hello.MetricsAddress, "/alive"));
        using var failed = await http.GetAsync(new Uri(hello.HttpAddress, "/fails"));

        await StopAsync(hello);

        Assert.Equal(2, collector.Spans.Count);
        var span = collector.Spans.Single(span => span.Tags["url.path"].StartsWith("/rooms", StringComparison.Ordinal));
        Assert.Equal("GET /rooms/{id}", span.Span.Name);
        Assert.Equal(Span.Types.Kind.Server, span.Span.Kind);
        Assert.Equal("200", span.Tags["http.response.status_code"]);
        Assert.Equal("/rooms/42", span.Tags["url.path"]);
        var error = collector.Spans.Single(span => span.Tags["url.path"] == "/fails");
        Assert.Equal("500", error.Tags["http.response.status_code"]);
        Assert.Equal(SpanStatus.Types.Code.Error, error.Span.Status.Code);
    }

    [Theory]
    [InlineData("always_off", "1", "00", 0)]
    [InlineData("always_on", "1", "00", 1)]
    [InlineData("traceidratio", "0", "01", 0)]
    [InlineData("parentbased_traceidratio", "0", "01", 1)]
    [InlineData("parentbased_always_on", "1", "00", 0)]
    public async Task Sampler_of_the_environment_decides(string sampler, string ratio, string parentFlags, int spans)
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var hello = await HelloProcess.StartAsync(
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.GrpcEndpoint}", $"--OTEL_TRACES_SAMPLER={sampler}",
            $"--OTEL_TRACES_SAMPLER_ARG={ratio}");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(hello.HttpAddress, "/rooms/1"));
        request.Headers.Add("traceparent", $"00-{RemoteTrace}-00f067aa0ba902b7-{parentFlags}");
        using var answer = await http.SendAsync(request);

        await StopAsync(hello);

        Assert.Equal(spans, collector.Spans.Count);
        Assert.All(collector.Spans, span => Assert.Equal(RemoteTrace, span.TraceId));
    }

    [Fact]
    public async Task Collector_that_is_away_is_said_once_and_does_not_hold_up_the_stop()
    {
        var nobody = FreePort.Next();
        await using var hello = await HelloProcess.StartAsync(
            $"--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{nobody}", "--OTEL_BSP_SCHEDULE_DELAY=20", "--OTEL_BLRP_SCHEDULE_DELAY=20");
        await GreetAsync(hello);
        await hello.WaitForOutputAsync("telemetry does not reach its collector");
        await GreetAsync(hello);

        await StopAsync(hello);

        Assert.Single(hello.Output, line => line.Contains("does not reach", StringComparison.Ordinal));
    }

    private static async Task GreetAsync(HelloProcess hello)
    {
        using var channel = GrpcChannel.ForAddress(hello.GrpcAddress);
        await new Hello.HelloClient(channel).GreetAsync(new Greeting { Text = "Ada" });
    }

    private static async Task StopAsync(HelloProcess hello)
    {
        hello.Signal(HelloProcess.SigTerm);
        Assert.Equal(0, await hello.WaitForExitAsync());
    }
}
