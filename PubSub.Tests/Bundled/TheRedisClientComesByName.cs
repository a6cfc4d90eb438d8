using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using PubSub.Tests.Infrastructure;
using StackExchange.Redis;

namespace PubSub.Tests.Bundled;

/// <summary>Aspire.StackExchange.Redis: a service names its Redis, and the configuration says where that is.</summary>
[Collection(SharedRedis.Name)]
public sealed class TheRedisClientComesByName(RedisFixture fixture)
{
    private string Endpoint => fixture.Redis.Endpoint;

    [Theory]
    [InlineData("ConnectionStrings:cache")]
    [InlineData("Aspire:StackExchange:Redis:ConnectionString")]
    [InlineData("Aspire:StackExchange:Redis:cache:ConnectionString")]
    public async Task The_address_is_the_connection_string_or_in_the_section(string key)
    {
        using var host = Build(builder => builder.AddRedisClient("cache"), (key, Endpoint));

        await host.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase().PingAsync();
    }

    [Fact]
    public void The_nearer_setting_wins_and_code_comes_last()
    {
        var seen = "";
        using var host = Build(
            builder => builder.AddRedisClient(
                "cache",
                settings => (seen, settings.ConnectionString) = (settings.ConnectionString!, "code:4"),
                options => options.ClientName = "code"),
            ("Aspire:StackExchange:Redis:ConnectionString", "general:1"),
            ("Aspire:StackExchange:Redis:cache:ConnectionString", "named:2"),
            ("ConnectionStrings:cache", "string:3"),
            ("Aspire:StackExchange:Redis:ConfigurationOptions:ConnectTimeout", "100"),
            ("Aspire:StackExchange:Redis:cache:ConfigurationOptions:ConnectTimeout", "200"),
            ("Aspire:StackExchange:Redis:ConfigurationOptions:ClientName", "general"));
        var options = host.Services.GetRequiredService<IOptions<ConfigurationOptions>>().Value;

        Assert.Equal("string:3", seen);
        Assert.Equal("Unspecified/code:4", Assert.Single(options.EndPoints).ToString());
        Assert.Equal((200, "code"), (options.ConnectTimeout, options.ClientName));
    }

    [Theory]
    [InlineData("cache:1", false)]
    [InlineData("cache:1,abortConnect=true", true)]
    public void A_Redis_that_is_away_stops_no_start_unless_asked_to(string connection, bool aborts)
    {
        using var host = Build(builder => builder.AddRedisClient("cache"), ("ConnectionStrings:cache", connection));

        Assert.Equal(aborts, host.Services.GetRequiredService<IOptions<ConfigurationOptions>>().Value.AbortOnConnectFail);
    }

    [Fact]
    public async Task Several_have_a_key_each()
    {
        using var host = Build(
            builder =>
            {
                builder.AddKeyedRedisClient("one", configureOptions: options => options.DefaultDatabase = 1);
                builder.AddKeyedRedisClient("two", configureOptions: options => options.DefaultDatabase = 2);
            },
            ("ConnectionStrings:one", Endpoint), ("ConnectionStrings:two", Endpoint));
        var two = host.Services.GetRequiredKeyedService<IConnectionMultiplexer>("two");

        Assert.Same(two, host.Services.GetRequiredKeyedService<IConnectionMultiplexer>("two"));
        Assert.NotSame(two, host.Services.GetRequiredKeyedService<IConnectionMultiplexer>("one"));
        Assert.Equal(2, two.GetDatabase().Database);
        Assert.Equal(["StackExchange.Redis_one", "StackExchange.Redis_two"], (await CheckAsync(host)).Entries.Keys.Order());
    }

    [Fact]
    public async Task The_health_check_asks_Redis()
    {
        using var answering = Build(builder => builder.AddRedisClient("cache"), ("ConnectionStrings:cache", Endpoint));
        using var nobody = Build(
            builder => builder.AddRedisClient("cache"),
            ("ConnectionStrings:cache", $"127.0.0.1:{FreePort.Next()},connectTimeout=200,connectRetry=1"));
        using var unasked = Build(
            builder => builder.AddRedisClient("cache"),
            ("ConnectionStrings:cache", Endpoint), ("Aspire:StackExchange:Redis:DisableHealthChecks", "true"));

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(answering)).Entries["StackExchange.Redis"].Status);
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(nobody)).Entries["StackExchange.Redis"].Status);
        Assert.Empty((await CheckAsync(unasked)).Entries);
    }

    [Fact]
    public async Task Without_an_address_it_says_where_to_put_one()
    {
        using var host = Build(builder => builder.AddRedisClient("cache"));

        var failure = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<IConnectionMultiplexer>());
        Assert.Contains("'ConnectionStrings:cache'", failure.Message, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(host)).Status);
    }

    private static Task<HealthReport> CheckAsync(IHost host)
    {
        var checks = host.Services.GetService<HealthCheckService>();
        return checks is null
            ? Task.FromResult(new HealthReport(new Dictionary<string, HealthReportEntry>(), TimeSpan.Zero))
            : checks.CheckHealthAsync();
    }

    private static IHost Build(Action<HostApplicationBuilder> configure, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(one => one.Key, one => (string?)one.Value));
        builder.Services.AddLogging();
        configure(builder);
        return builder.Build();
    }
}
