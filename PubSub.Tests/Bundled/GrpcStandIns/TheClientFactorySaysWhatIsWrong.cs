using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.DependencyInjection;
using PubSub.Tests.Bundled.GrpcStandIns.Painting;

namespace PubSub.Tests.Bundled.GrpcStandIns;

public sealed class TheClientFactorySaysWhatIsWrong
{
    [Fact]
    public void A_client_without_an_address()
    {
        using var services = new ServiceCollection().AddGrpcClient<Painter.PainterClient>().Services.BuildServiceProvider();

        var error = Assert.Throws<InvalidOperationException>(services.GetRequiredService<Painter.PainterClient>);

        Assert.Contains("'PainterClient' has no address", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_nobody_registered()
    {
        using var services = new ServiceCollection().AddGrpcClient<Painter.PainterClient>("known").Services.BuildServiceProvider();
        var factory = services.GetRequiredService<GrpcClientFactory>();

        Assert.Throws<InvalidOperationException>(() => factory.CreateClient<Painter.PainterClient>("unknown"));
        Assert.Throws<InvalidOperationException>(() => factory.CreateClient<PainterClient>("known"));
    }

    [Fact]
    public void A_name_that_stands_for_two_types()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<Painter.PainterClient>();
        services.AddGrpcClient<Painter.PainterClient>();

        var error = Assert.Throws<InvalidOperationException>(services.AddGrpcClient<PainterClient>);

        Assert.Contains("'PainterClient'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_HttpClient_that_is_no_gRPC_client()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<Painter.PainterClient>();
        var other = services.AddHttpClient("other");

        Assert.Throws<InvalidOperationException>(() => other.AddInterceptor<Interceptor>());
        Assert.Throws<InvalidOperationException>(() => other.ConfigureChannel(_ => { }));
        Assert.Throws<InvalidOperationException>(() => other.EnableCallContextPropagation());
    }

    [Fact]
    public async Task Call_credentials_that_would_not_be_sent()
    {
        await using var studio = await Studio.OpenAsync();
        var collection = new ServiceCollection();
        AddWithCredentials("unsent", collection, studio);
        AddWithCredentials("sent", collection, studio)
            .ConfigureChannel(channel => channel.UnsafeUseInsecureChannelCallCredentials = true);
        await using var services = collection.BuildServiceProvider();
        var factory = services.GetRequiredService<GrpcClientFactory>();

        var error = Assert.Throws<InvalidOperationException>(() => factory.CreateClient<Painter.PainterClient>("unsent"));
        var canvas = await factory.CreateClient<Painter.PainterClient>("sent").PaintAsync(new Order());

        Assert.Contains("TLS", error.Message, StringComparison.Ordinal);
        Assert.Contains("pass=Paint", canvas.Headers);
        Assert.Contains("second=yes", canvas.Headers);
    }

    private static IHttpClientBuilder AddWithCredentials(string name, ServiceCollection services, Studio studio) =>
        services.AddGrpcClient<Painter.PainterClient>(name, options => options.Address = studio.Address)
            .AddCallCredentials((context, metadata) =>
            {
                metadata.Add("pass", context.MethodName);
                return Task.CompletedTask;
            })
            .AddCallCredentials((_, metadata, _) =>
            {
                metadata.Add("second", "yes");
                return Task.CompletedTask;
            });

    private sealed class PainterClient(CallInvoker invoker) : Painter.PainterClient(invoker);
}
