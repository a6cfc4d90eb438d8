using Microsoft.Extensions.Options;
using PubSub.PushManager.Log;

namespace PubSub.PushManager.Receipts;

/// <summary>
/// Which of the push managers calls the webhook, and how far the calls have come: both are in Redis, so whoever dies is
/// followed by another that goes on from there.
/// </summary>
internal sealed class WebhookTurn(ChannelLog redis, IOptions<ReceiptOptions> options)
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    private static readonly RedisScript Script = new("receipt_turn.lua");

    private readonly string _token = Guid.NewGuid().ToString("N");

    /// <summary>Takes or keeps the turn. Null: it is somebody else's; otherwise the number up to which is called.</summary>
    /// <param name="called">As far as this process called; 0 leaves it as it was.</param>
    public Task<long?> TakeAsync(long called = 0) => RunAsync(Lease, called);

    public Task GiveBackAsync() => RunAsync(TimeSpan.Zero, 0);

    private async Task<long?> RunAsync(TimeSpan lease, long called)
    {
        var feed = options.Value.WebhookFeed;
        var answer = await redis.EvaluateAsync(
            Script, [ReceiptKeys.Turn(feed), ReceiptKeys.Called(feed)],
            [_token, (long)lease.TotalMilliseconds, called, options.Value.Seconds]);
        return (int)answer[0] == 1 ? RedisNumber.Parse(answer[1]) : null;
    }
}
