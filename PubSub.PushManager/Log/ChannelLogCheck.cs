using Microsoft.Extensions.Options;
using PubSub.ServiceDefaults;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>Says at the start what an OK for a logged channel is worth.</summary>
internal sealed partial class ChannelLogCheck(
    IConnectionMultiplexer redis, IOptions<RedisOptions> options, TimeProvider time, ILogger<ChannelLogCheck> logger) : LogDurabilityCheck(time)
{
    // Pushes say that it is away.
    protected override bool IsAway(Exception failure) => failure is RedisException or RedisCommandException or TimeoutException;

    protected override Task<LogDurability> CheckAsync(CancellationToken cancellationToken) =>
        LogDurability.OfRedisAsync(name => ReadSettingAsync(name, cancellationToken), "what was answered with OK");

    protected override void Tell(LogDurability durability)
    {
        if (durability.IsFull)
            LogDurable(durability.Description);
        else
            LogWeak(durability.Description);
    }

    private async Task<string?> ReadSettingAsync(string name, CancellationToken stopping)
    {
        try
        {
            var answer = (RedisResult[])(await redis.GetDatabase().ExecuteAsync("CONFIG", "GET", name).WaitAsync(options.Value.Timeout, Time, stopping))!;
            return answer.Length == 2 ? (string?)answer[1] : null;
        }
        catch (RedisServerException refused) when (LogDurability.WillNotTell(refused.Message))
        {
            return null;
        }
    }
}
