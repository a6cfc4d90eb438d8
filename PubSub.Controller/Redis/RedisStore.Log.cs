using System.Net;
using StackExchange.Redis;

namespace PubSub.Controller.Redis;

internal partial class RedisStore
{
    [LoggerMessage(3001, LogLevel.Warning, "Redis at {EndPoint} is lost ({Failure})")]
    private partial void LogLost(EndPoint? endPoint, ConnectionFailureType failure);

    [LoggerMessage(3002, LogLevel.Information, "Redis at {EndPoint} is back")]
    private partial void LogRestored(EndPoint? endPoint);

    [LoggerMessage(3003, LogLevel.Debug, "There never was a connection to Redis")]
    private partial void LogNeverConnected(Exception failure);
}
