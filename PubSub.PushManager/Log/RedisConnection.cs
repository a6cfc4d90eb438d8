using System.Net;
using PubSub.ServiceDefaults;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>The one connection to Redis, and what becomes of it in the log.</summary>
internal sealed partial class RedisConnection(IConnectionMultiplexer redis, ILogger<RedisConnection> logger) : IHostedService
{
    /// <summary>A Redis that is away at the start is no reason not to start.</summary>
    public static void AddTo(IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<RedisOptions>(RedisOptions.Section);
        var options = builder.ReadSettings<RedisOptions>(RedisOptions.Section);
        builder.AddRedisClient(
            "redis",
            settings =>
            {
                settings.ConnectionString = options.Connection;

                // PushHealth asks with the deadline of a push, and an append is a span of its own.
                settings.DisableHealthChecks = true;
                settings.DisableTracing = true;
            },
            redis =>
            {
                redis.AbortOnConnectFail = false;
                redis.ConnectTimeout = options.TimeoutMs;
                redis.SyncTimeout = options.TimeoutMs;
                redis.ClientName = "pubsub-push-manager";
                // ChannelLogCheck asks CONFIG GET, which newer clients send for nobody else.
                redis.AllowAdmin = true;
                redis.ConnectRetry = 1;
                redis.ReconnectRetryPolicy = new LinearRetry(500);
#if WHOLE_NUGET
                // Refused at once, as with the older client, instead of kept for the time-out in case Redis comes back.
                redis.BacklogPolicy = BacklogPolicy.FailFast;
#endif
            });
        builder.Services.AddHostedService<RedisConnection>();
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        redis.ConnectionFailed += (_, lost) => LogLost(lost.EndPoint, lost.FailureType);
        redis.ConnectionRestored += (_, found) => LogRestored(found.EndPoint);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(3110, LogLevel.Warning, "Redis at {EndPoint} is lost ({Failure}).")]
    private partial void LogLost(EndPoint? endPoint, ConnectionFailureType failure);

    [LoggerMessage(3111, LogLevel.Information, "Redis at {EndPoint} is back.")]
    private partial void LogRestored(EndPoint? endPoint);
}
