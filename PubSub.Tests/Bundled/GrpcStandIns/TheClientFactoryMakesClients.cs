using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.DependencyInjection;
using PubSub.Tests.Bundled.GrpcStandIns.Painting;

namespace PubSub.Tests.Bundled.GrpcStandIns;

public sealed class TheClientFactoryMakesClients
{
    [Fact]
    public async Task A_registered_client_calls_its_address()
    {
        await using var studio = await Studio.OpenAsync("here");
        await using var services = new ServiceCollection()
            .AddGrpcClient<Painter.PainterClient>(options => options.Address = studio.Address).Services
            .BuildServiceProvider(validateScopes: true);

        var canvas = await services.GetRequiredService<Painter.PainterClient>().PaintAsync(new Order { Subject = "sea" });

        Assert.Equal(("here", "sea"), (canvas.Studio, canvas.Subject));
        studio.Logs.AssertOnly();
    }

    [Fact]
    public async Task Names_keep_clients_of_one_type_apart()
    {
        await using var first = await Studio.OpenAsync("first");
        await using var second = await Studio.OpenAsync("second");
        var collection = new ServiceCollection();
        collection.AddGrpcClient<Painter.PainterClient>("one", options => options.Address = first.Address);
        collection.AddGrpcClient<Painter.PainterClient>("two", (_, options) => options.Address = second.Address);
        await using var services = collection.BuildServiceProvider();
        var factory = services.GetRequiredService<GrpcClientFactory>();

        Assert.Equal("first", (await factory.CreateClient<Painter.PainterClient>("one").PaintAsync(new Order())).Studio);
        Assert.Equal("second", (await factory.CreateClient<Painter.PainterClient>("two").PaintAsync(new Order())).Studio);
    }

    [Fact]
    public async Task All_clients_of_a_name_share_one_channel_and_connection()
    {
        var channels = 0;
        await using var studio = await Studio.OpenAsync();
        await using var services = new ServiceCollection()
            .AddGrpcClient<Painter.PainterClient>(options => options.Address = studio.Address)
            .ConfigureChannel(_ => Interlocked.Increment(ref channels)).Services
            .BuildServiceProvider();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(async () =>
            await services.GetRequiredService<Painter.PainterClient>().PaintAsync(new Order()))));
        Assert.Equal(1, channels);

        // One after the other: many at once may make the handler open a second connection.
        var peers = new HashSet<string>();
        for (var i = 0; i < 5; i++)
            peers.Add((await services.GetRequiredService<Painter.PainterClient>().PaintAsync(new Order())).Peer);
        Assert.Single(peers);
    }

    [Fact]
    public async Task A_channel_interceptor_is_made_once_and_a_client_interceptor_with_each_client()
    {
        var made = new List<string>();
        await using var studio = await Studio.OpenAsync();
        await using var services = new ServiceCollection()
            .AddScoped<ScopeMark>()
            .AddGrpcClient<Painter.PainterClient>(options => options.Address = studio.Address)
            .AddInterceptor(() => new Mark("channel-1", made))
            .AddInterceptor(InterceptorScope.Client, scope => new Mark(scope.GetRequiredService<ScopeMark>().Name, made))
            .AddInterceptor(InterceptorScope.Channel, _ => new Mark("channel-2", made)).Services
            .BuildServiceProvider(validateScopes: true);
        var marks = new List<string>();
        foreach (var name in new[] { "red", "blue" })
        {
            await using var scope = services.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<ScopeMark>().Name = name;
            var canvas = await scope.ServiceProvider.GetRequiredService<Painter.PainterClient>().PaintAsync(new Order());
            marks.Add(canvas.Headers.Single(header => header.StartsWith("mark=", StringComparison.Ordinal)));
        }

        Assert.Equal(["channel-1", "channel-2", "red", "blue"], made);
        Assert.Equal(["mark=red, channel-1, channel-2", "mark=blue, channel-1, channel-2"], marks);
    }

    [Fact]
    public async Task What_is_set_on_the_HttpClient_counts_where_a_channel_can_use_it()
    {
        await using var studio = await Studio.OpenAsync();
        await using var services = new ServiceCollection()
            .AddGrpcClient<Painter.PainterClient>()
            .ConfigureHttpClient(http =>
            {
                http.BaseAddress = studio.Address;
                http.DefaultRequestHeaders.Add("X-Given", ["1", "2"]);
                http.DefaultRequestHeaders.Add("X-Other", "3");
            }).Services
            .BuildServiceProvider();
        var own = new Metadata { { "x-other", "mine" } };

        var canvas = await services.GetRequiredService<Painter.PainterClient>().PaintAsync(new Order(), own);

        Assert.Equal(
            ["x-other=mine", "x-given=1, 2"],
            canvas.Headers.Where(header => header.StartsWith("x-", StringComparison.Ordinal)));
        Assert.Single(own);
    }

    [Fact]
    public async Task Handlers_of_the_HttpClient_factory_stand_in_the_way()
    {
        var seen = new List<string>();
        await using var studio = await Studio.OpenAsync();
        await using var services = new ServiceCollection()
            .AddGrpcClient<Painter.PainterClient>(options => options.Address = studio.Address)
            .AddHttpMessageHandler(() => new Watcher(seen)).Services
            .BuildServiceProvider();

        await services.GetRequiredService<Painter.PainterClient>().PaintAsync(new Order());

        Assert.Equal(["/pubsub.testing.painting.Painter/Paint"], seen);
    }

    [Fact]
    public async Task The_channel_can_be_configured()
    {
        await using var studio = await Studio.OpenAsync();
        await using var services = new ServiceCollection()
            .AddGrpcClient<Painter.PainterClient>(options => options.Address = studio.Address)
            .ConfigureChannel((_, channel) => channel.MaxReceiveMessageSize = 3).Services
            .BuildServiceProvider();

        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await services.GetRequiredService<Painter.PainterClient>().PaintAsync(new Order { Subject = "too long" }));

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    [Fact]
    public async Task A_creator_makes_the_client_instead_of_its_constructor()
    {
        var collection = new ServiceCollection();
        collection.AddGrpcClient<Painter.PainterClient>("own", options => options.Address = new Uri("http://localhost:1"))
            .ConfigureGrpcClientCreator(invoker => new OwnClient(invoker));
        collection.AddGrpcClient<Painter.PainterClient>("wrong", options => options.Address = new Uri("http://localhost:1"))
            .ConfigureGrpcClientCreator((_, _) => "no client");
        await using var services = collection.BuildServiceProvider();
        var factory = services.GetRequiredService<GrpcClientFactory>();

        Assert.IsType<OwnClient>(factory.CreateClient<Painter.PainterClient>("own"));
        var wrong = Assert.Throws<InvalidOperationException>(() => factory.CreateClient<Painter.PainterClient>("wrong"));
        Assert.Contains("System.String", wrong.Message, StringComparison.Ordinal);
    }

    private sealed class OwnClient(CallInvoker invoker) : Painter.PainterClient(invoker);

    private sealed class ScopeMark
    {
        public string Name { get; set; } = "";
    }

    private sealed class Watcher(List<string> seen) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Add(request.RequestUri!.AbsolutePath);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Mark : Interceptor
    {
        private readonly string _name;

        public Mark(string name, List<string> made)
        {
            _name = name;
            made.Add(name);
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Metadata headers = [.. context.Options.Headers ?? [], new Metadata.Entry("mark", _name)];
            return continuation(request, new(context.Method, context.Host, context.Options.WithHeaders(headers)));
        }
    }
}
