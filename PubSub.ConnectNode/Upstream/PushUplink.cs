using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PushManagers = PubSub.Membership.Peers.PeerTable<PubSub.Protocol.PushManagerService.PushManagerServiceClient>;

namespace PubSub.ConnectNode.Upstream;

/// <summary>
/// Brings clients' messages to the push managers and missed messages back. A channel has its own push manager, chosen by
/// its hash, so that it normally has one writer; the next one in order takes over where that one does not answer.
/// </summary>
/// <remarks>
/// Lanes keep the order of a channel's messages and let those of other channels pass a call that waits for a hung node.
/// Every message has an id before it is first sent, so a second try after a broken call cannot store it twice.
/// </remarks>
internal sealed class PushUplink : IPushUplink, IAsyncDisposable
{
    private const int Lanes = 16;

    private readonly PushManagers _managers;
    private readonly UpstreamOptions _options;
    private readonly UplinkMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Batcher<Push, PushOutcome>[] _pushes;
    private readonly Batcher<LogRange, ReadOutcome>[] _reads;
    private readonly Batcher<DeviceCursor, Status>[] _cursors;

    public PushUplink(PushManagers managers, IOptions<UpstreamOptions> options, UplinkMetrics metrics, TimeProvider time)
    {
        _managers = managers;
        _options = options.Value;
        _metrics = metrics;
        _time = time;
        _pushes = [.. Enumerable.Range(0, Lanes).Select(_ => new Batcher<Push, PushOutcome>(
            _options.Queue, _options.Batch, PushAsync, failure => Refused(StatusOf(failure))))];
        _reads = [.. Enumerable.Range(0, Lanes).Select(_ => new Batcher<LogRange, ReadOutcome>(
            _options.Queue, _options.Batch, ReadAsync, failure => new ReadOutcome(null, StatusOf(failure))))];
        _cursors = [.. Enumerable.Range(0, Lanes).Select(_ => new Batcher<DeviceCursor, Status>(
            _options.Queue, _options.Batch, MoveAsync, StatusOf))];
    }

    public Task<PushOutcome> PublishAsync(Push push, CancellationToken cancellationToken)
    {
        if (push.MessageId.Length == 0)
            push.MessageId = Guid.CreateVersion7().ToString("N");
        return _pushes[LaneHash.Lane(push.Channel, Lanes)].TrySubmit(push)?.WaitAsync(cancellationToken)
            ?? Task.FromResult(Refused(new Status(StatusCode.ResourceExhausted, "too many messages wait for the push managers. Try again later.")));
    }

    public async Task<LogSlice> ReadLogAsync(LogRange range, CancellationToken cancellationToken)
    {
        var read = _reads[LaneHash.Lane(range.Channel, Lanes)].TrySubmit(range)
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, "too many reads wait for the push managers"));
        var outcome = await read.WaitAsync(cancellationToken);
        return outcome.Slice ?? throw new RpcException(outcome.Failure);
    }

    public async Task MoveCursorAsync(DeviceCursor cursor, CancellationToken cancellationToken)
    {
        var move = _cursors[LaneHash.Lane(cursor.Channel, Lanes)].TrySubmit(cursor)
            ?? throw new RpcException(new Status(StatusCode.Unavailable, "too many cursors wait for the push managers. Try again later."));
        var status = await move.WaitAsync(cancellationToken);
        if (status.StatusCode is not StatusCode.OK)
            throw new RpcException(status);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _pushes)
            await lane.DisposeAsync();
        foreach (var lane in _reads)
            await lane.DisposeAsync();
        foreach (var lane in _cursors)
            await lane.DisposeAsync();
    }

    private async Task<IReadOnlyList<PushOutcome>> PushAsync(IReadOnlyList<Push> pushes) =>
        await ByManagerAsync(pushes, push => push.Channel, async (manager, own) =>
        {
            var request = new PushBatchRequest();
            request.Pushes.AddRange(own);
            var reply = await manager.PushBatchAsync(request, Until(_options.PushTimeoutMs));
            _metrics.Batched("push", own.Count);
            return reply.Outcomes;
        }, "PushBatch", Refused);

    private async Task<IReadOnlyList<ReadOutcome>> ReadAsync(IReadOnlyList<LogRange> ranges) =>
        await ByManagerAsync(ranges, range => range.Channel, async (manager, own) =>
        {
            var request = new ReadLogRequest();
            request.Ranges.AddRange(own);
            var reply = await manager.ReadLogAsync(request, Until(_options.ReadLogTimeoutMs));
            _metrics.Batched("read_log", own.Count);
            return [.. reply.Slices.Select(static slice => slice.Code == 0
                ? new ReadOutcome(slice, Status.DefaultSuccess)
                : new ReadOutcome(null, new Status((StatusCode)slice.Code, slice.Error)))];
        }, "ReadLog", failure => new ReadOutcome(null, failure));

    private async Task<IReadOnlyList<Status>> MoveAsync(IReadOnlyList<DeviceCursor> cursors) =>
        await ByManagerAsync(cursors, cursor => cursor.Channel, async (manager, own) =>
        {
            var request = new MoveCursorsRequest();
            request.Cursors.AddRange(own);
            var reply = await manager.MoveCursorsAsync(request, Until(_options.ReadLogTimeoutMs));
            _metrics.Batched("move_cursors", own.Count);
            return reply.Outcomes.Count == 0
                ? [.. own.Select(static _ => Status.DefaultSuccess)]
                : [.. reply.Outcomes.Select(static outcome => new Status((StatusCode)outcome.Code, outcome.Error))];
        }, "MoveCursors", static failure => failure);

    /// <summary>Splits a batch by the channels' push managers, calls them side by side, and puts the results in order.</summary>
    private async Task<TResult[]> ByManagerAsync<TItem, TResult>(
        IReadOnlyList<TItem> items, Func<TItem, string> channelOf,
        Func<PushManagerService.PushManagerServiceClient, IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> call,
        string method, Func<Status, TResult> failure)
    {
        var managers = _managers.Current;
        var results = new TResult[items.Count];
        if (managers.Length == 0)
        {
            Array.Fill(results, failure(new Status(StatusCode.Unavailable, "no push manager is known. Try again later.")));
            return results;
        }

        var groups = Enumerable.Range(0, items.Count).GroupBy(i => LaneHash.Lane(channelOf(items[i]), managers.Length));
        await Task.WhenAll(groups.Select(async group =>
        {
            int[] places = [.. group];
            TItem[] own = [.. places.Select(i => items[i])];
            var (answers, status) = await CallFirstThatAnswersAsync(group.Key, own);
            for (var i = 0; i < places.Length; i++)
                results[places[i]] = answers is null ? failure(status) : answers[i];
        }));
        return results;

        async Task<(IReadOnlyList<TResult>?, Status)> CallFirstThatAnswersAsync(int first, IReadOnlyList<TItem> own)
        {
            var status = Status.DefaultSuccess;
            for (var attempt = 0; attempt < managers.Length; attempt++)
            {
                try
                {
                    var answers = await call(managers[(first + attempt) % managers.Length].Client, own);
                    _metrics.Called("push", method, StatusCode.OK);
                    return answers.Count == own.Count
                        ? (answers, Status.DefaultSuccess)
                        : (null, new Status(StatusCode.Internal, "the push manager answered another number of items"));
                }
                catch (RpcException failed)
                {
                    _metrics.Called("push", method, failed.StatusCode);
                    status = failed.Status;
                    if (!MayAnotherDo(failed.StatusCode))
                        break;
                }
            }

            return (null, status);
        }
    }

    private CallOptions Until(int milliseconds) => new(deadline: _time.GetUtcNow().UtcDateTime.AddMilliseconds(milliseconds));

    internal static bool MayAnotherDo(StatusCode status) =>
        status is StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal or StatusCode.Unknown;

    private static Status StatusOf(Exception failure) =>
        failure is RpcException rpc ? rpc.Status : new Status(StatusCode.Internal, "the node could not send it; its log says why", failure);

    private static PushOutcome Refused(Status status) => new()
    {
        Code = status.StatusCode is StatusCode.DeadlineExceeded ? (int)StatusCode.Unavailable : (int)status.StatusCode,
        Error = status.Detail,
    };

    private sealed record ReadOutcome(LogSlice? Slice, Status Failure);
}
