using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace PubSub.Tests.Wire.HelloService;

/// <summary>Greetings per name, in Redis; counts nothing where no Redis is configured.</summary>
internal sealed class GreetingCount : IDisposable
{
    private static readonly ActivitySource Spans = new("PubSub.Hello");

    private readonly Lazy<Task<ConnectionMultiplexer>> _redis;
    private readonly bool _isOn;

    public GreetingCount(IOptions<HelloOptions> options)
    {
        _isOn = options.Value.Redis is not null;
        _redis = new(() => ConnectionMultiplexer.ConnectAsync(
            $"{options.Value.Redis},abortConnect=false,connectTimeout=1000,syncTimeout=1000"));
    }

    public async Task AddAsync(string name)
    {
        if (!_isOn)
            return;
        using var span = Spans.StartActivity("count greeting");
        await (await _redis.Value).GetDatabase().StringIncrementAsync($"hello:{name}");
    }

    public async Task PingAsync() => await (await _redis.Value).GetDatabase().PingAsync();

    public void Dispose()
    {
        if (_redis.IsValueCreated)
            _redis.Value.Result.Dispose();
    }
}

internal sealed class RedisAnswers(GreetingCount greetings) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await greetings.PingAsync();
            return HealthCheckResult.Healthy();
        }
        catch (Exception away) when (away is RedisConnectionException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy("Redis does not answer");
        }
    }
}
