using Grpc.Core;
using Grpc.Net.Client;
using PubSub.Tests.Wire.HelloService;
using PubSub.Tests.Wire.Telemetry.Otlp;

namespace PubSub.Tests.Wire.Telemetry;

/// <summary>Test → first → second: two processes, one trace.</summary>
public sealed class GrpcCallsLeaveOneClientAndOneServerSpan : IAsyncLifetime
{
    private const string Greet = "pubsub.tests.hello.Hello/Greet";
    private const string Chat = "pubsub.tests.hello.Hello/Chat";

    private OtlpCollector _collector = null!;
    private HelloProcess _second = null!;
    private HelloProcess _first = null!;
    private GrpcChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _collector = await OtlpCollector.StartAsync();
        _second = await HelloProcess.StartAsync("--HELLO_ID=second", Otlp, ExportSoon);
        _first = await HelloProcess.StartAsync("--HELLO_ID=first", Otlp, ExportSoon, $"--HELLO_PEER={_second.GrpcAddress}");
        _channel = GrpcChannel.ForAddress(_first.GrpcAddress);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _collector.DisposeAsync();
    }

    private string Otlp => $"--OTEL_EXPORTER_OTLP_ENDPOINT={_collector.GrpcEndpoint}";

    private static string ExportSoon => "--OTEL_BSP_SCHEDULE_DELAY=50";

    [Fact]
    public async Task Unary_call_is_one_trace_with_a_client_span_between_two_server_spans()
    {
        await new Hello.HelloClient(_channel).GreetAsync(new Greeting { Text = "Ada" });

        await AssertOneTraceOfThreeAsync(Greet, "0");
    }

    [Fact]
    public async Task Stream_is_one_span_on_each_side_that_ends_with_the_stream()
    {
        using (var call = new Hello.HelloClient(_channel).Chat())
        {
            foreach (var name in (string[])["Ada", "Grace", "Barbara"])
            {
                await call.RequestStream.WriteAsync(new Greeting { Text = name });
                Assert.True(await call.ResponseStream.MoveNext());
            }

            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext());
        }

        var (outer, client, inner) = await AssertOneTraceOfThreeAsync(Chat, "0");
        Assert.True(client.Span.EndTimeUnixNano >= inner.Span.StartTimeUnixNano);
        Assert.True(outer.Span.EndTimeUnixNano >= client.Span.EndTimeUnixNano - 1_000_000);
    }

    [Theory]
    [InlineData(StatusCode.NotFound, SpanStatus.Types.Code.Unset)]
    [InlineData(StatusCode.Unavailable, SpanStatus.Types.Code.Error)]
    public async Task Failed_call_is_the_clients_error_and_the_servers_where_it_is_to_blame(
        StatusCode status, SpanStatus.Types.Code serverVerdict)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await new Hello.HelloClient(_channel).GreetAsync(new Greeting { FailWith = (int)status }));
        Assert.Equal(status, failure.StatusCode);

        var (outer, client, inner) = await AssertOneTraceOfThreeAsync(Greet, ((int)status).ToString("D", null));
        Assert.Equal(SpanStatus.Types.Code.Error, client.Span.Status.Code);
        Assert.Equal(serverVerdict, inner.Span.Status?.Code ?? SpanStatus.Types.Code.Unset);
        Assert.Equal(serverVerdict, outer.Span.Status?.Code ?? SpanStatus.Types.Code.Unset);
    }

    private async Task<(ReceivedSpan Outer, ReceivedSpan Client, ReceivedSpan Inner)> AssertOneTraceOfThreeAsync(
        string name, string status)
    {
        // The outer server span ends last and is exported by the first process; the inner one by the second.
        await _collector.WaitForSpanAsync(span => span.Instance == "first" && span.Span.Kind == Span.Types.Kind.Server, "the first server span");
        await _collector.WaitForSpanAsync(span => span.Instance == "second", "the second server span");
        Assert.True(_collector.Spans.Count == 3, string.Join('\n', _collector.Spans));

        var outer = _collector.Spans.Single(span => span.Instance == "first" && span.Span.Kind == Span.Types.Kind.Server);
        var client = _collector.Spans.Single(span => span.Instance == "first" && span.Span.Kind == Span.Types.Kind.Client);
        var inner = _collector.Spans.Single(span => span.Instance == "second" && span.Span.Kind == Span.Types.Kind.Server);

        Assert.Single(_collector.Spans.Select(span => span.TraceId).Distinct());
        Assert.Equal(outer.SpanId, client.ParentId);
        Assert.Equal(client.SpanId, inner.ParentId);
        Assert.All(_collector.Spans, span =>
        {
            Assert.Equal("hello", span.Service);
            Assert.Equal(name, span.Span.Name);
            Assert.Equal("grpc", span.Tags["rpc.system"]);
            Assert.Equal(name.Split('/')[0], span.Tags["rpc.service"]);
            Assert.Equal(name.Split('/')[1], span.Tags["rpc.method"]);
            Assert.Equal(status, span.Tags["rpc.grpc.status_code"]);
            Assert.DoesNotContain(span.Tags.Keys, key => key.StartsWith("grpc.", StringComparison.Ordinal));
        });
        Assert.Equal("127.0.0.1", client.Tags["server.address"]);
        Assert.Equal(_second.GrpcPort.ToString("D", null), client.Tags["server.port"]);
        return (outer, client, inner);
    }
}
