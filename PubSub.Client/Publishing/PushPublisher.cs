using Grpc.Core;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.Client.Publishing;

/// <summary>
/// Publishes to rooms, users and all. Every push has a message id (one is made where none is given), so a push that
/// got no answer, or the answer UNAVAILABLE, is repeated at the next push manager without being published twice.
/// </summary>
public sealed class PushPublisher : IDisposable
{
    private readonly PushManagers _managers = new();
    private readonly PushPublisherOptions _options;

    /// <param name="addresses">gRPC doors of push managers, for example http://localhost:50053.</param>
    /// <param name="options">Time-outs.</param>
    public PushPublisher(IEnumerable<Uri> addresses, PushPublisherOptions? options = null)
    {
        _options = options ?? new PushPublisherOptions();
        _managers.Set(addresses);
    }

    /// <summary>Takes these push managers from now on. Calls under way at one that is left out are cut and repeated.</summary>
    public void SetAddresses(IEnumerable<Uri> addresses) => _managers.Set(addresses);

    /// <summary>Pushes to everybody in a room.</summary>
    public Task<PushReply> PushToRoomAsync(
        string roomId, Content content, string messageId = "", Sender? sender = null, CancellationToken cancellationToken = default) =>
        PushAsync(ChannelId.Room(roomId), content, messageId, sender, cancellationToken);

    /// <summary>Pushes to all sessions of a user.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="content">What.</param>
    /// <param name="messageId">The publisher's own id.</param>
    /// <param name="sender">Who wrote it, where a person did.</param>
    /// <param name="receiptsTo">The feed that its receipts go to, see <see cref="WatchReceiptsAsync"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the push may be published.</param>
    public Task<PushReply> PushToUserAsync(
        string userId, Content content, string messageId = "", Sender? sender = null, string receiptsTo = "",
        CancellationToken cancellationToken = default) => PushAsync(
            new Push { Channel = ChannelId.User(userId).Text, Content = content, MessageId = messageId, Sender = sender, ReceiptsTo = receiptsTo },
            cancellationToken);

    /// <summary>Pushes to everybody.</summary>
    public Task<PushReply> BroadcastAsync(
        Content content, string messageId = "", Sender? sender = null, CancellationToken cancellationToken = default) =>
        PushAsync(ChannelId.All, content, messageId, sender, cancellationToken);

    /// <summary>Pushes to any channel.</summary>
    /// <exception cref="RpcException">The push was refused, or not accepted within the time-out.</exception>
    public Task<PushReply> PushAsync(
        ChannelId channel, Content content, string messageId = "", Sender? sender = null, CancellationToken cancellationToken = default) =>
        PushAsync(new Push { Channel = channel.Text, Content = content, MessageId = messageId, Sender = sender }, cancellationToken);

    /// <summary>Pushes one.</summary>
    /// <exception cref="RpcException">The push was refused, or not accepted within the time-out.</exception>
    public async Task<PushReply> PushAsync(Push push, CancellationToken cancellationToken = default)
    {
        var outcome = (await PushAsync([push], cancellationToken))[0];
        return outcome.Reply ?? throw new RpcException(new Status((StatusCode)outcome.Code, outcome.Error));
    }

    /// <summary>
    /// Pushes many; each has its own outcome. Pushes to one channel are published in the order of the list, as long as
    /// none of them needs a retry.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; some of the pushes may be published.</exception>
    public async Task<IReadOnlyList<PushOutcome>> PushAsync(IReadOnlyList<Push> pushes, CancellationToken cancellationToken = default)
    {
        foreach (var push in pushes.Where(push => push.MessageId.Length == 0))
            push.MessageId = Guid.CreateVersion7().ToString("N");

        var outcomes = new PushOutcome[pushes.Count];
        List<int> open = [.. Enumerable.Range(0, pushes.Count)];
        var started = _options.Time.GetTimestamp();
        var pause = new RetryPause(_options);
        for (var attempt = 0; open.Count > 0; attempt++)
        {
            var left = _options.Timeout - _options.Time.GetElapsedTime(started);
            await AttemptAsync(pushes, outcomes, open, attempt, left, cancellationToken);
            open.RemoveAll(index => !IsWorthARetry(outcomes[index]));
            var wait = pause.Next();
            if (open.Count == 0 || _options.Time.GetElapsedTime(started) + wait >= _options.Timeout)
                break;
            await Task.Delay(wait, _options.Time, cancellationToken);
        }

        return outcomes;
    }

    /// <summary>
    /// The receipts of the pushes that named this feed, without end. A stream that breaks goes on at the next push manager, so
    /// that none is missed; <see cref="Receipt.Missed"/> tells of those that are no longer kept.
    /// </summary>
    /// <param name="feed">The feed.</param>
    /// <param name="after">The number of the last receipt that you have; 0 begins at the oldest kept, null now.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="RpcException">The watch was refused.</exception>
    public IAsyncEnumerable<Receipt> WatchReceiptsAsync(string feed, long? after = null, CancellationToken cancellationToken = default) =>
        new ReceiptStream(_managers, _options, feed, after).ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _managers.Dispose();

    private async Task AttemptAsync(
        IReadOnlyList<Push> pushes, PushOutcome[] outcomes, List<int> open, int attempt, TimeSpan left, CancellationToken cancellationToken)
    {
        if (open.Count == 0)
            return;

        var request = new PushBatchRequest();
        request.Pushes.AddRange(open.Select(index => pushes[index]));
        try
        {
            var manager = _managers.Choose(pushes[open[0]].Channel, attempt)
                ?? throw new RpcException(new Status(StatusCode.Unavailable, "no push manager is known: give an address"));
            var reply = await manager.PushBatchAsync(request, deadline: _options.Time.GetUtcNow().UtcDateTime + left, cancellationToken: cancellationToken);
            for (var i = 0; i < open.Count; i++)
                outcomes[open[i]] = reply.Outcomes[i];
        }
        catch (RpcException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var index in open)
                outcomes[index] = new PushOutcome { Code = (int)failure.StatusCode, Error = failure.Status.Detail };
        }
        catch (ObjectDisposedException)
        {
            // The address was left out while we called; the next attempt goes elsewhere.
            foreach (var index in open)
                outcomes[index] = new PushOutcome { Code = (int)StatusCode.Unavailable, Error = "the push manager was left out" };
        }
    }

    private static bool IsWorthARetry(PushOutcome outcome) =>
        (StatusCode)outcome.Code is StatusCode.Unavailable or StatusCode.ResourceExhausted;
}
