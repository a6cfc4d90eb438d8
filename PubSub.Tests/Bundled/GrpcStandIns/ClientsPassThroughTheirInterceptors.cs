using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using PubSub.Tests.Bundled.GrpcStandIns.Painting;

namespace PubSub.Tests.Bundled.GrpcStandIns;

public sealed class ClientsPassThroughTheirInterceptors
{
    [Fact]
    public async Task The_first_one_named_sees_a_call_first()
    {
        await using var studio = await Studio.OpenAsync();
        using var channel = GrpcChannel.ForAddress(studio.Address);
        var client = new Painter.PainterClient(channel.Intercept(new Stamp("a"), new Stamp("b")).Intercept(new Stamp("c")));

        var awaited = await client.PaintAsync(new Order());
        var blocking = client.Paint(new Order());

        Assert.Equal("stamp=c, a, b", Stamps(awaited));
        Assert.Equal("stamp=c, a, b", Stamps(blocking));
        studio.Logs.AssertOnly();
    }

    [Fact]
    public async Task Headers_can_be_rewritten_by_a_function()
    {
        await using var studio = await Studio.OpenAsync();
        using var channel = GrpcChannel.ForAddress(studio.Address);
        var client = new Painter.PainterClient(channel.Intercept(headers => [.. headers, new Metadata.Entry("stamp", "f")]));

        Assert.Equal("stamp=f", Stamps(await client.PaintAsync(new Order())));
        Assert.Equal("stamp=own, f", Stamps(await client.PaintAsync(new Order(), new Metadata { { "stamp", "own" } })));
    }

    [Fact]
    public async Task A_copy_of_a_client_names_another_host()
    {
        var hosts = new List<string?>();
        await using var studio = await Studio.OpenAsync();
        using var channel = GrpcChannel.ForAddress(studio.Address);
        var client = new Painter.PainterClient(channel.Intercept(new Stamp("h", hosts)));

        await client.PaintAsync(new Order());
        await client.WithHost("elsewhere").PaintAsync(new Order());
        await client.WithHost("elsewhere").WithHost("there").PaintAsync(new Order());

        Assert.Equal([null, "elsewhere", "there"], hosts);
    }

    [Fact]
    public void A_client_without_a_channel_is_for_mocks_only() =>
        Assert.Throws<NotImplementedException>(() => new MockableClient().Paint(new Order()));

    /// <summary>HttpClient sends the values of one name as one header.</summary>
    private static string Stamps(Canvas canvas) =>
        canvas.Headers.Single(header => header.StartsWith("stamp=", StringComparison.Ordinal));

    private sealed class MockableClient : Painter.PainterClient;

    private sealed class Stamp(string mark, List<string?>? hosts = null) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Stamped(context));

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            BlockingUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Stamped(context));

        private ClientInterceptorContext<TRequest, TResponse> Stamped<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class
        {
            hosts?.Add(context.Host);
            Metadata headers = [.. context.Options.Headers ?? [], new Metadata.Entry("stamp", mark)];
            return new(context.Method, context.Host, context.Options.WithHeaders(headers));
        }
    }
}
