using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Grpc.Cases;
using PubSub.Tests.Wire.Grpc.Protos;
using PubSub.Tests.Wire.Grpc.Servers;

namespace PubSub.Tests.Wire.Grpc;

/// <summary>Retry, balancing, cancellation and state: what a channel is configured to do, it does.</summary>
public sealed class ChannelOptionsTakeEffect : IAsyncLifetime
{
    private readonly FailingAtFirst _failing = new();
    private GrpcHost _server = null!;

    public async Task InitializeAsync() => _server = await StartAsync(_failing);

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _server.Logs.AssertOnly();
    }

    [Theory]
    [InlineData(2, 3, StatusCode.OK)]
    [InlineData(3, 3, StatusCode.Unavailable)]
    public async Task A_retry_policy_tries_as_often_as_it_says(int failures, int attempts, StatusCode expected)
    {
        _failing.Remaining = failures;
        var policy = new MethodConfig
        {
            Names = { MethodName.Default },
            RetryPolicy = new RetryPolicy
            {
                MaxAttempts = attempts,
                InitialBackoff = TimeSpan.FromMilliseconds(1),
                MaxBackoff = TimeSpan.FromMilliseconds(5),
                BackoffMultiplier = 2,
                RetryableStatusCodes = { StatusCode.Unavailable },
            },
        };
        using var client = new InteropClient(
            _server.Address, options => options.ServiceConfig = new ServiceConfig { MethodConfigs = { policy } });

        using var call = client.Test.EmptyCallAsync(new Empty(), InteropClient.Options());
        var ended = await Record.ExceptionAsync(async () => await call);

        Assert.Equal(expected, (ended as RpcException)?.StatusCode ?? StatusCode.OK);
        Assert.Equal(Math.Min(failures + 1, attempts), _failing.Attempts);
    }

    [Fact]
    public async Task Without_a_retry_policy_there_is_one_attempt()
    {
        _failing.Remaining = 1;
        using var client = new InteropClient(_server.Address);

        await InteropClient.FailsAsync(
            StatusCode.Unavailable, client.Test.EmptyCallAsync(new Empty(), InteropClient.Options()).ResponseAsync);

        Assert.Equal(1, _failing.Attempts);
    }

    [Fact]
    public async Task A_cancel_may_be_thrown_as_what_it_is()
    {
        using var client = new InteropClient(_server.Address, options => options.ThrowOperationCanceledOnCancellation = true);
        using var cancel = new CancellationTokenSource();
        using var call = client.Probe.Hang(new HangRequest { Key = "cancelled" }, cancellationToken: cancel.Token);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Calls_are_spread_over_addresses_and_leave_out_a_dead_one()
    {
        var others = new FailingAtFirst();
        await using var other = await StartAsync(others);
        var addresses = new StaticResolverFactory(
            _ => [new BalancerAddress("127.0.0.1", _server.Address.Port), new BalancerAddress("127.0.0.1", other.Address.Port)]);
        await using var services = new ServiceCollection().AddSingleton<ResolverFactory>(addresses).BuildServiceProvider();
        using var client = new InteropClient(new Uri("static:///servers"), options =>
        {
            options.Credentials = ChannelCredentials.Insecure;
            options.ServiceProvider = services;
            options.ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } };
        });

        // The two connections come up each in its own time.
        await Wait.UntilAsync(async () =>
        {
            await client.ExchangeAsync(1, 1);
            return _failing.Attempts > 0 && others.Attempts > 0;
        }, "both servers to be used");

        await other.DisposeAsync();

        // Calls that were sent before the channel learns of the death fail with it.
        await Wait.UntilAsync(() => TenSucceedAsync(client), "ten calls in a row to succeed");
    }

    private static async Task<bool> TenSucceedAsync(InteropClient client)
    {
        try
        {
            for (var call = 0; call < 10; call++)
                await client.ExchangeAsync(1, 1);
            return true;
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }

    [Fact]
    public async Task A_channel_tells_its_state()
    {
        var channel = TestChannel.To(_server.Address);
        Assert.Equal(ConnectivityState.Idle, channel.State);

        await channel.ConnectAsync();

        Assert.Equal(ConnectivityState.Ready, channel.State);
        channel.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()));
    }

    [Fact]
    public async Task Disposing_a_channel_ends_its_calls()
    {
        var client = new InteropClient(_server.Address);
        using var call = client.Probe.Hang(new HangRequest { Key = "channel disposed" });
        Assert.True(await call.ResponseStream.MoveNext());
        var waiting = call.ResponseStream.MoveNext();

        client.Dispose();

        await InteropClient.FailsAsync(StatusCode.Cancelled, waiting);
        using var other = new InteropClient(_server.Address);
        await other.Probe.AwaitEndAsync(new HangRequest { Key = "channel disposed" }, InteropClient.Options());
    }

    private static Task<GrpcHost> StartAsync(FailingAtFirst interceptor) => GrpcHost.StartAsync(
        grpc: options => options.Interceptors.Add<FailingAtFirst>(),
        services: services => services.AddSingleton(interceptor));

    /// <summary>Refuses the first calls as an overloaded server would.</summary>
    private sealed class FailingAtFirst : Interceptor
    {
        private int _remaining;
        private int _attempts;

        public int Remaining
        {
            set => _remaining = value;
        }

        public int Attempts => _attempts;

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Interlocked.Increment(ref _attempts);
            return Interlocked.Decrement(ref _remaining) >= 0
                ? throw new RpcException(new Status(StatusCode.Unavailable, "not yet"))
                : continuation(request, context);
        }
    }
}
