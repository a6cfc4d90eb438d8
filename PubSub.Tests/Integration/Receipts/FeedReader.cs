using PubSub.Client.Publishing;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Receipts;

/// <summary>A publisher that watches a feed in the background and keeps what it was told.</summary>
internal sealed class FeedReader : IAsyncDisposable
{
    private readonly List<Receipt> _receipts = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public FeedReader(PushPublisher publisher, string feed, long after = 0)
    {
        _running = Task.Run(async () =>
        {
            try
            {
                await foreach (var receipt in publisher.WatchReceiptsAsync(feed, after, _stopping.Token))
                {
                    lock (_receipts)
                        _receipts.Add(receipt);
                }
            }
            catch (OperationCanceledException)
            {
                // The test has seen enough.
            }
        });
    }

    public IReadOnlyList<Receipt> Receipts
    {
        get
        {
            lock (_receipts)
                return [.. _receipts];
        }
    }

    /// <summary>In words, in the order in which they came.</summary>
    public IEnumerable<string> Told => Receipts.Select(receipt => $"{receipt.MessageId} {receipt.Kind} {receipt.DeviceId}");

    /// <summary>Waits for so many; then says whether they are numbered without a hole and none says that some are missing.</summary>
    public async Task<IReadOnlyList<Receipt>> AllAsync(int count)
    {
        await Wait.UntilAsync(() => _running.IsCompleted || Receipts.Count >= count, $"{count} receipts", TimeSpan.FromSeconds(60));
        if (_running.IsCompleted)
            await _running;
        var receipts = Receipts;
        Assert.Equal(receipts.Select((_, i) => receipts[0].Number + i), receipts.Select(receipt => receipt.Number));
        Assert.All(receipts, receipt => Assert.Equal(0, receipt.Missed));
        return receipts;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }
}
