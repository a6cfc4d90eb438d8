using System.Net;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>The one connection to Redis. A Redis that is away at the start is no reason not to start.</summary>
internal static partial class RedisConnection
{
    public static void AddRedis(this IServiceCollection services) =>
        services.AddSingleton<IConnectionMultiplexer>(static provider => Connect(
            provider.GetRequiredService<IOptions<RedisOptions>>().Value,
            provider.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RedisConnection).FullName!)));

    public static ConnectionMultiplexer Connect(RedisOptions options, ILogger logger)
    {
        var settings = ConfigurationOptions.Parse(options.Connection);
        settings.AbortOnConnectFail = false;
        settings.ConnectTimeout = options.TimeoutMs;
        settings.SyncTimeout = options.TimeoutMs;
        settings.ClientName = "pubsub-push-manager";
        settings.ConnectRetry = 1;
        settings.ReconnectRetryPolicy = new LinearRetry(500);

        var connection = ConnectionMultiplexer.Connect(settings);
        connection.ConnectionFailed += (_, lost) => LogLost(logger, lost.EndPoint, lost.FailureType);
        connection.ConnectionRestored += (_, found) => LogRestored(logger, found.EndPoint);
        return connection;
    }

    [LoggerMessage(3110, LogLevel.Warning, "Redis at {EndPoint} is lost ({Failure}).")]
    private static partial void LogLost(ILogger logger, EndPoint? endPoint, ConnectionFailureType failure);

    [LoggerMessage(3111, LogLevel.Information, "Redis at {EndPoint} is back.")]
    private static partial void LogRestored(ILogger logger, EndPoint? endPoint);
}
