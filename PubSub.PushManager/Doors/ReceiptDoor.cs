using System.Globalization;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Receipts;
using PubSub.ServiceDefaults.Feeds;

namespace PubSub.PushManager.Doors;

/// <summary>WatchReceipts: a stream without end, until the watcher goes or this process stops.</summary>
internal sealed class ReceiptDoor(DoorDesk desk, FeedWatch<Receipt> watch, ReceiptMetrics metrics, IHostApplicationLifetime lifetime)
{
    /// <summary>The header that names the number which the watch begins behind.</summary>
    private const string AfterHeader = "after";

    public Task WatchAsync(WatchReceiptsRequest request, IServerStreamWriter<Receipt> stream, ServerCallContext context) =>
        desk.AnswerAsync("WatchReceipts", async () =>
        {
            if (IdRules.Complaint("feed", request.Feed) is { } complaint)
                throw Refusal.Invalid(complaint);
            if (request.After < 0)
                throw Refusal.Invalid("after is negative: give the number of the last receipt that you have, or 0 for all that are kept.");

            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
            metrics.Watching(1);
            try
            {
                await watch.RunAsync(
                    request.Feed, request.HasAfter ? request.After : null,
                    begun => context.WriteResponseHeadersAsync(new Metadata { { AfterHeader, begun.ToString(CultureInfo.InvariantCulture) } }),
                    receipt => stream.WriteAsync(receipt, end.Token), end.Token);
            }
            catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                throw Refusal.Of(StatusCode.Unavailable, "this push manager is stopping: go on at another one, after the last number that you have.");
            }
            finally
            {
                metrics.Watching(-1);
            }

            return true;
        });
}
