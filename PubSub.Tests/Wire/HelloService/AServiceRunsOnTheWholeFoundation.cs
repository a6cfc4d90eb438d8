using System.Net;
using System.Text.Json;
using dotnet_etcd;
using Grpc.Health.V1;
using Grpc.Net.Client;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Telemetry;
using PubSub.Tests.Wire.Telemetry.Otlp;

namespace PubSub.Tests.Wire.HelloService;

/// <summary>gRPC, etcd, Redis and telemetry together, in a real process against real servers.</summary>
public sealed class AServiceRunsOnTheWholeFoundation : IAsyncLifetime
{
    private const string Key = "/hello/nodes/hello-1";

    private RedisProcess _redis = null!;
    private EtcdProcess _etcd = null!;
    private OtlpCollector _collector = null!;
    private HelloProcess _hello = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisProcess.StartAsync();
        _etcd = await EtcdProcess.StartAsync();
        _collector = await OtlpCollector.StartAsync();
        _hello = await HelloProcess.StartAsync(
            $"--HELLO_REDIS={_redis.Endpoint}", $"--ETCD_ENDPOINTS={_etcd.Endpoint}", "--ETCD_KEY_PREFIX=/hello",
            $"--OTEL_EXPORTER_OTLP_ENDPOINT={_collector.GrpcEndpoint}");
    }

    public async Task DisposeAsync()
    {
        await _hello.DisposeAsync();
        await _collector.DisposeAsync();
        await _etcd.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task It_answers_writes_registers_measures_and_is_traced()
    {
        using var etcd = new EtcdClient(_etcd.Endpoint);
        using var channel = GrpcChannel.ForAddress(_hello.GrpcAddress);

        var answer = await new Hello.HelloClient(channel).GreetAsync(new Greeting { Text = "Ada" });

        Assert.Equal("hello Ada", answer.Text);
        Assert.Equal("1", await _redis.CommandAsync("GET", "hello:Ada"));

        await Wait.UntilAsync(async () => (await etcd.GetAsync(Key)).Kvs.Count == 1, "the entry in etcd");
        var entry = (await etcd.GetAsync(Key)).Kvs.Single();
        using var description = JsonDocument.Parse(entry.Value.ToStringUtf8());
        Assert.NotEqual(0, entry.Lease);
        Assert.Equal(_hello.GrpcPort, description.RootElement.GetProperty("grpcPort").GetInt32());
        Assert.Equal(_hello.MetricsPort, description.RootElement.GetProperty("metricsPort").GetInt32());

        var health = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest());
        Assert.NotEqual(HealthCheckResponse.Types.ServingStatus.ServiceUnknown, health.Status);

        using var http = new HttpClient();
        var page = await http.GetStringAsync(new Uri(_hello.MetricsAddress, "/metrics"));
        Assert.Contains("hello_greetings_total{how=\"once\"} 1\n", page, StringComparison.Ordinal);
        await Promtool.AssertAcceptsAsync(page);

        _hello.Signal(HelloProcess.SigTerm);
        Assert.Equal(0, await _hello.WaitForExitAsync());
        Assert.Empty((await etcd.GetAsync(Key)).Kvs);
        var call = _collector.Spans.Single(span => span.Span.Name == "pubsub.tests.hello.Hello/Greet");
        var inner = _collector.Spans.Single(span => span.Span.Name == "count greeting");
        Assert.Equal(Span.Types.Kind.Server, call.Span.Kind);
        Assert.Equal((call.TraceId, call.SpanId), (inner.TraceId, inner.ParentId));
        Assert.DoesNotContain(_collector.Spans, span => span.Span.Name.StartsWith("etcdserverpb", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_is_unready_but_alive_while_redis_is_down()
    {
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await HealthAsync()).Status);

        _redis.Kill();
        await Wait.UntilAsync(
            async () => (await HealthAsync()).Status == HttpStatusCode.ServiceUnavailable, "/health to say that Redis is down");
        Assert.Contains("\"redis\":{\"status\":\"Unhealthy\"", (await HealthAsync()).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(_hello.HttpAddress, "/alive"))).StatusCode);

        await _redis.RestartAsync();
        await Wait.UntilAsync(async () => (await HealthAsync()).Status == HttpStatusCode.OK, "/health to say that Redis is back");

        async Task<(HttpStatusCode Status, string Text)> HealthAsync()
        {
            using var answer = await http.GetAsync(new Uri(_hello.HttpAddress, "/health"));
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }
}
