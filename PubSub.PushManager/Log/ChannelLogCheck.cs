using Microsoft.Extensions.Options;
using PubSub.ServiceDefaults;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>Says at the start what an OK for a logged channel is worth.</summary>
internal sealed partial class ChannelLogCheck(
    IConnectionMultiplexer redis, IOptions<RedisOptions> options, TimeProvider time, ILogger<ChannelLogCheck> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var (isFull, description) = await LogDurability.OfRedisAsync(
                    name => ReadSettingAsync(name, stoppingToken), "what was answered with OK");
                if (isFull)
                    LogDurable(description);
                else
                    LogWeak(description);
                return;
            }
            catch (Exception away) when (away is RedisException or RedisCommandException or TimeoutException)
            {
                // Pushes say that it is away. It may come back as another than it was, so it is asked then.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(BetweenTries, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string?> ReadSettingAsync(string name, CancellationToken stopping)
    {
        try
        {
            var answer = (RedisResult[])(await redis.GetDatabase().ExecuteAsync("CONFIG", "GET", name).WaitAsync(options.Value.Timeout, time, stopping))!;
            return answer.Length == 2 ? (string?)answer[1] : null;
        }
        catch (RedisServerException refused) when (!refused.Message.StartsWith("LOADING", StringComparison.Ordinal))
        {
            return null;
        }
    }
}
