using PubSub.Protocol.Jobs;
using StackExchange.Redis;

namespace PubSub.PushManager.Jobs;

/// <summary>Hears from the writers of the push log on Redis that there is something to read.</summary>
internal sealed class JobWakeUps(IConnectionMultiplexer redis, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    // Not by the conversion from text, which newer versions of the client call obsolete.
    private static readonly RedisChannel Channel = new(PushLogNames.Wake, RedisChannel.PatternMode.Literal);

    private readonly CancellationTokenSource _stopping = new();

    public event Action? Woken;

    public void Start() => _ = SubscribeAsync();

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task SubscribeAsync()
    {
        var stopping = _stopping.Token;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // Once it worked, the client library subscribes again by itself after an outage.
                await redis.GetSubscriber().SubscribeAsync(Channel, (_, _) => Woken?.Invoke());
                return;
            }
            catch (Exception failure) when (failure is RedisException or TimeoutException or RedisCommandException or ObjectDisposedException)
            {
                // Readers look by themselves meanwhile, only later.
                await Task.Delay(BetweenTries, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
