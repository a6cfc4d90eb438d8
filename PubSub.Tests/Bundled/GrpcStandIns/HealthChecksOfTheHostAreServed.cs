using Grpc.AspNetCore.HealthChecks;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using PubSub.Tests.Infrastructure;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace PubSub.Tests.Bundled.GrpcStandIns;

/// <summary>The health service over the health checks of ASP.NET Core.</summary>
public sealed class HealthChecksOfTheHostAreServed
{
    private HealthStatus _store = HealthStatus.Healthy;

    [Fact]
    public async Task A_question_runs_the_checks_of_its_service()
    {
        await using var studio = await OpenAsync(options =>
        {
            options.Services.Map("stores", check => check.Tags.Contains("store"));
            options.Services.Map("empty", _ => false);
        });
        using var channel = GrpcChannel.ForAddress(studio.Address);

        Assert.Equal(ServingStatus.Serving, await CheckAsync(channel, ""));
        Assert.Equal(ServingStatus.Serving, await CheckAsync(channel, "stores"));
        Assert.Equal(ServingStatus.Unknown, await CheckAsync(channel, "empty"));

        _store = HealthStatus.Unhealthy;
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(channel, ""));
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(channel, "stores"));

        _store = HealthStatus.Degraded;
        Assert.Equal(ServingStatus.Serving, await CheckAsync(channel, "stores"));

        var unknown = await Assert.ThrowsAsync<RpcException>(() => CheckAsync(channel, "nobody"));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task With_the_cache_the_last_report_answers()
    {
        await using var studio = await OpenAsync(options => options.UseHealthChecksCache = true);
        using var channel = GrpcChannel.ForAddress(studio.Address);
        await PublishAsync(studio);
        _store = HealthStatus.Unhealthy;

        Assert.Equal(ServingStatus.Serving, await CheckAsync(channel, ""));
        await PublishAsync(studio);
        Assert.Equal(ServingStatus.NotServing, await CheckAsync(channel, ""));
        Assert.Equal(0, studio.Logs.Entries.Count(entry => !entry.Category.StartsWith("Microsoft.Extensions.Diagnostics", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_watch_begins_with_a_fresh_answer_and_follows_the_reports()
    {
        await using var studio = await OpenAsync();
        using var channel = GrpcChannel.ForAddress(studio.Address);
        using var watch = new Health.HealthClient(channel).Watch(new HealthCheckRequest());

        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        await PublishAsync(studio);
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        _store = HealthStatus.Unhealthy;
        await PublishAsync(studio);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
    }

    [Fact]
    public async Task A_stopping_host_tells_its_watchers_and_does_not_wait_for_them()
    {
        await using var studio = await OpenAsync();
        using var channel = GrpcChannel.ForAddress(studio.Address);
        using var watch = new Health.HealthClient(channel).Watch(new HealthCheckRequest());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        await Wait.ForAsync(studio.StopAsync(), "the host to stop");

        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        Assert.False(await watch.ResponseStream.MoveNext());
        studio.Logs.AssertOnly();
    }

    private static async Task<ServingStatus> CheckAsync(GrpcChannel channel, string service) =>
        (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest { Service = service })).Status;

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        using var patience = new CancellationTokenSource(Wait.Patience);
        Assert.True(await watch.ResponseStream.MoveNext(patience.Token));
        return watch.ResponseStream.Current.Status;
    }

    private static async Task PublishAsync(Studio studio)
    {
        var report = await studio.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        foreach (var publisher in studio.Services.GetServices<IHealthCheckPublisher>())
            await publisher.PublishAsync(report, CancellationToken.None);
    }

    /// <summary>The host publishes on its own only much later, so that a test decides when it happens.</summary>
    private Task<Studio> OpenAsync(Action<GrpcHealthChecksOptions>? configure = null) => Studio.OpenAsync(
        services: services =>
        {
            services.AddGrpcHealthChecks(configure ?? (_ => { }))
                .AddCheck("store", () => new HealthCheckResult(_store), ["store"])
                .AddCheck("self", () => HealthCheckResult.Healthy());
            services.Configure<HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.FromHours(1));
        },
        map: app => app.MapGrpcHealthChecksService());
}
