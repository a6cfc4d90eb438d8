using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Links;
using PubSub.PushManager.Offline;
using PubSub.PushManager.Resolving;

namespace PubSub.PushManager.Publishing;

/// <summary>
/// The one Publish behind every door. The steps have the numbers of ARCHITECTURE.md, "The way of a message": here is
/// 2; the lane does 3 (append) and 4 (resolve), the links 5.
/// </summary>
/// <remarks>
/// What the publisher is told. OK: the message is in the channel's log, or, of a channel without one, it was handed
/// to the links; the counts say whom it reached before the ack time-out. UNAVAILABLE with "nothing was stored": as it
/// says. UNAVAILABLE after the append, because no controller answers: the error says that the message is stored and
/// under which id; it is delivered as soon as a controller answers, and a repetition with that id gets the OK. This
/// second kind happens to the pushes under way when the last controller goes; from then on they are refused before
/// the append. A broadcast needs no controller, because it goes to every node.
/// </remarks>
internal sealed class Publisher
{
    private readonly PublishLane[] _lanes;
    private readonly PushRules _rules;
    private readonly NodeResolver _resolver;
    private readonly OfflineWatch _offline;
    private readonly PushMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TimeSpan _ackTimeout;
    private volatile bool _isStopping;

    public Publisher(
        LaneWork work, PushRules rules, NodeResolver resolver, IOptions<PublishOptions> options, IOptions<NodeLinkOptions> links,
        OfflineWatch offline, PushMetrics metrics, TimeProvider time, ILogger<PublishLane> logger)
    {
        _offline = offline;
        _rules = rules;
        _resolver = resolver;
        _metrics = metrics;
        _time = time;
        _ackTimeout = links.Value.AckTimeout;
        _lanes = [.. Enumerable.Range(0, options.Value.Lanes).Select(_ => new PublishLane(work, options.Value, logger))];
        resolver.Returned += () => Array.ForEach(_lanes, lane => lane.Wake());
        metrics.ObserveLanes(() => _lanes.Sum(lane => lane.Waiting));
    }

    /// <summary>
    /// Publishes one message. A cancelled token ends the wait for the nodes' acks, never the push itself.
    /// </summary>
    public async Task<PublishOutcome> PublishAsync(PublishRequest request, CancellationToken cancellationToken)
    {
        var outcome = TryEnter(request, out var push) is { } refusal ? refusal : await FinishAsync(push!, cancellationToken);
        _metrics.Pushed(request.Channel.Kind, outcome.Code);
        return outcome;
    }

    /// <summary>Publishes many. All are in their lanes before the first is waited for, in the order of the list.</summary>
    public Task<PublishOutcome[]> PublishAsync(IEnumerable<PublishRequest> requests, CancellationToken cancellationToken) =>
        Task.WhenAll(requests.Select(request => PublishAsync(request, cancellationToken)).ToList());

    /// <summary>Refuses new pushes and finishes those in the lanes.</summary>
    public Task StopAsync()
    {
        _isStopping = true;
        return Task.WhenAll(_lanes.Select(lane => lane.StopAsync()));
    }

    /// <summary>2: checks, and the way into the lane.</summary>
    private PublishOutcome? TryEnter(PublishRequest request, out PendingPush? push)
    {
        push = null;
        if (_rules.Complaint(request) is { } complaint)
            return PublishOutcome.Refused(StatusCode.InvalidArgument, complaint);
        if (request.Published is { Epoch: 0 })
        {
            // At most once, and that once was.
            _metrics.Duplicate(request.Channel.Kind);
            return PublishOutcome.Accepted(new PushReply { MessageId = request.MessageId, Position = new Position(), Duplicate = true });
        }

        if (_isStopping)
            return PublishOutcome.Refused(StatusCode.Unavailable, "this push manager is stopping; nothing was stored. Use another one.");
        if (_resolver.IsAway && request.Channel.Kind is not ChannelKind.All && !_lanes[LaneOf(request.Channel)].KnowsLogOff(request.Channel))
        {
            return PublishOutcome.Refused(
                StatusCode.Unavailable, "no controller answers, so nobody knows where the channel's subscribers are; nothing was stored. Try again later.");
        }

        push = new PendingPush(request.Channel, ToMessage(request), request.MessageId.Length > 0, request.IsJob, request.ReceiptsTo)
        {
            Published = ChannelPosition.From(request.Published),
        };
        return _lanes[LaneOf(request.Channel)].TryEnqueue(push)
            ? null
            : PublishOutcome.Refused(StatusCode.ResourceExhausted, "too many pushes wait for this channel's lane; nothing was stored. Try again later.");
    }

    private async Task<PublishOutcome> FinishAsync(PendingPush push, CancellationToken cancellationToken)
    {
        var answer = await push.Answer;
        if (answer.Refusal is { } refusal)
            return refusal;

        if (push.Channel.Kind is ChannelKind.User && !answer.IsDuplicate)
            _offline.Accepted(push.Channel, push.Message, answer.Receipt);
        if (answer.Receipt is { } receipt)
            await receipt.Complete.WaitAsync(_ackTimeout, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return PublishOutcome.Accepted(ToReply(push, answer));
    }

    private ChannelMessage ToMessage(PublishRequest request)
    {
        var content = request.Content!;
        if (content.Timestamp == 0)
            content.Timestamp = _time.GetUtcNow().ToUnixTimeMilliseconds();
        return new ChannelMessage
        {
            Channel = request.Channel.Text,
            MessageId = request.MessageId.Length > 0 ? request.MessageId : Guid.CreateVersion7().ToString("N"),
            Content = content,
            Sender = request.Sender,
        };
    }

    private static PushReply ToReply(PendingPush push, LaneAnswer answer)
    {
        var reply = new PushReply
        {
            MessageId = push.Message.MessageId,
            Position = push.Message.Position ?? new Position(),
            Duplicate = answer.IsDuplicate,
        };
        if (answer.Receipt is { } receipt)
        {
            reply.NodesReached = receipt.NodesReached;
            reply.NodesMissed = receipt.NodesMissed;
            reply.SessionsReached = receipt.SessionsReached;
        }
        else if (push.Channel.Kind is ChannelKind.User && !answer.IsDuplicate)
        {
            reply.OfflineUsers.Add(push.Channel.Id);
        }

        return reply;
    }

    private int LaneOf(ChannelId channel) => LaneHash.Lane(channel.Text, _lanes.Length);
}
