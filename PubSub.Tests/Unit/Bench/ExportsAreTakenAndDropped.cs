using Grpc.Core;
using Grpc.Net.Client;
using PubSub.Bench.Cluster;

namespace PubSub.Tests.Unit.Bench;

public sealed class ExportsAreTakenAndDropped
{
    private static readonly Marshaller<byte[]> AsIs = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    private static readonly Method<byte[], byte[]> Export = new(
        MethodType.Unary, "opentelemetry.proto.collector.metrics.v1.MetricsService", "Export", AsIs, AsIs);

    [Fact]
    public async Task An_exporter_hears_that_all_was_taken()
    {
        await using var sink = await OtlpSink.StartAsync();
        using var channel = GrpcChannel.ForAddress(sink.Endpoint);

        var answer = await channel.CreateCallInvoker().AsyncUnaryCall(Export, null, new CallOptions(), new byte[100_000]);

        Assert.Empty(answer);
        Assert.Equal(1, sink.Exports);
    }
}
