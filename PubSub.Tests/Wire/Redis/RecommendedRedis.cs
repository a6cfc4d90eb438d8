using StackExchange.Redis;

namespace PubSub.Tests.Wire.Redis;

/// <summary>The use of the client that docs/redis.md recommends; the tests here show what holds for it.</summary>
internal static class RecommendedRedis
{
    /// <summary>How long a caller waits for any answer: StackExchange.Redis 1.2.6 itself waits for ever.</summary>
    public static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(2);

    public static ConfigurationOptions Options(string endpoints, string? password = null)
    {
        var options = new ConfigurationOptions
        {
            AbortOnConnectFail = false,
            ConnectTimeout = 1000,
            SyncTimeout = (int)CallDeadline.TotalMilliseconds,
            KeepAlive = 5,
            ReconnectRetryPolicy = new LinearRetry(500),
            Password = password,
#if WHOLE_NUGET
            // Refused at once, as with the older client, instead of kept for the time-out in case Redis comes back.
            BacklogPolicy = BacklogPolicy.FailFast,
#endif
        };
        foreach (var endpoint in endpoints.Split(','))
            options.EndPoints.Add(endpoint);
        return options;
    }

    public static async Task<ConnectionMultiplexer> ConnectAsync(string endpoints, string? password = null) =>
        await ConnectionMultiplexer.ConnectAsync(Options(endpoints, password));

    /// <summary>Whether a call gets through; IsConnected turns true a moment before that.</summary>
    public static async Task<bool> ServesAsync(this IConnectionMultiplexer connection)
    {
        try
        {
            await connection.GetDatabase().PingAsync().WaitAsync(CallDeadline);
            return true;
        }
        catch (Exception e) when (e is RedisConnectionException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>
    /// Runs a script; sends its text once more if the server has forgotten it (SCRIPT FLUSH). The refused call did
    /// nothing, so that cannot run it twice.
    /// </summary>
    public static async Task<RedisResult> EvaluateAsync(
        this IDatabase database, string script, RedisKey[] keys, params RedisValue[] values)
    {
        try
        {
            return await database.ScriptEvaluateAsync(script, keys, values).WaitAsync(CallDeadline);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await database.ScriptEvaluateAsync(script, keys, values).WaitAsync(CallDeadline);
        }
    }
}
