using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace PubSub.Tests.Bundled.GrpcStandIns;

/// <summary>The health service over statuses that an application sets.</summary>
public sealed class HealthIsReportedAndWatched : IAsyncLifetime
{
    private readonly HealthServiceImpl _health = new();
    private Studio _studio = null!;
    private GrpcChannel _channel = null!;

    private Health.HealthClient Client => new(_channel);

    public async Task InitializeAsync()
    {
        _studio = await Studio.OpenAsync(
            services: services => services.AddSingleton(_health), map: app => app.MapGrpcService<HealthServiceImpl>());
        _channel = GrpcChannel.ForAddress(_studio.Address);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _studio.DisposeAsync();
        _studio.Logs.AssertOnly();
    }

    [Fact]
    public async Task A_service_has_the_status_that_was_set()
    {
        _health.SetStatus("rooms", ServingStatus.NotServing);

        Assert.Equal(ServingStatus.NotServing, (await Client.CheckAsync(new HealthCheckRequest { Service = "rooms" })).Status);
        Assert.Equal(StatusCode.NotFound, await CheckFailsAsync("other"));
        _health.ClearStatus("rooms");
        Assert.Equal(StatusCode.NotFound, await CheckFailsAsync("rooms"));
    }

    [Fact]
    public async Task A_watch_tells_the_status_now_and_each_change()
    {
        using var watch = Client.Watch(new HealthCheckRequest { Service = "rooms" });
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));

        _health.SetStatus("rooms", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        _health.SetStatus("rooms", ServingStatus.Serving);
        _health.SetStatus("other", ServingStatus.NotServing);
        _health.SetStatus("rooms", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));

        _health.ClearAll();
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(watch));
    }

    [Fact]
    public async Task Watchers_do_not_disturb_each_other()
    {
        _health.SetStatus("rooms", ServingStatus.Serving);
        using var staying = Client.Watch(new HealthCheckRequest { Service = "rooms" });
        using (var leaving = Client.Watch(new HealthCheckRequest { Service = "rooms" }))
            Assert.Equal(ServingStatus.Serving, await NextAsync(leaving));

        Assert.Equal(ServingStatus.Serving, await NextAsync(staying));
        _health.SetStatus("rooms", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(staying));
    }

    [Fact]
    public async Task A_watcher_that_does_not_read_misses_old_changes_and_gets_the_last()
    {
        var writer = new BlockedWriter();
        using var cancel = new CancellationTokenSource();
        var watching = _health.Watch(new HealthCheckRequest { Service = "rooms" }, writer, new TokenContext(cancel.Token));
        for (var i = 0; i < 100; i++)
            _health.SetStatus("rooms", i % 2 == 0 ? ServingStatus.NotServing : ServingStatus.Serving);

        _health.SetStatus("rooms", ServingStatus.Unknown);
        writer.Unblock();
        await writer.Wrote(ServingStatus.Unknown);
        await cancel.CancelAsync();
        await watching;

        Assert.InRange(writer.Written, 2, 10);
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        using var patience = new CancellationTokenSource(Infrastructure.Wait.Patience);
        Assert.True(await watch.ResponseStream.MoveNext(patience.Token));
        return watch.ResponseStream.Current.Status;
    }

    private async Task<StatusCode> CheckFailsAsync(string service) =>
        (await Assert.ThrowsAsync<RpcException>(
            async () => await Client.CheckAsync(new HealthCheckRequest { Service = service }))).StatusCode;

    /// <summary>A stream whose other side does not read, until it is told to.</summary>
    private sealed class BlockedWriter : IServerStreamWriter<HealthCheckResponse>
    {
        private readonly TaskCompletionSource _unblocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _wroteLast = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private ServingStatus? _awaited;
        private int _written;

        public WriteOptions? WriteOptions { get; set; }

        public int Written => _written;

        public void Unblock()
        {
            _awaited = ServingStatus.Unknown;
            _unblocked.SetResult();
        }

        public Task Wrote(ServingStatus status) => Infrastructure.Wait.ForAsync(_wroteLast.Task, $"status {status}");

        public async Task WriteAsync(HealthCheckResponse message)
        {
            await _unblocked.Task;
            _written++;
            if (message.Status == _awaited)
                _wroteLast.TrySetResult();
        }
    }
}
