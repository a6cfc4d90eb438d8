using Grpc.Core;
using PubSub.Protocol;

namespace PubSub.PushManager.Links;

/// <summary>Why a stream ended.</summary>
internal enum StreamEnd
{
    /// <summary>Everything was sent and acknowledged.</summary>
    Drained,

    /// <summary>The node is gone, refuses, or broke the rules of acks.</summary>
    Broken,

    /// <summary>The node acknowledged nothing for too long.</summary>
    Hung,
}

/// <summary>One attempt at the delivery stream to a node: where the node takes it, writes batches as they come and reads acks.</summary>
internal sealed class NodeStream(
    ConnectNodeService.ConnectNodeServiceClient node, LinkQueue queue, NodeLinkOptions options, TimeProvider time, Action taken, Action acknowledged)
{
    private static readonly TimeSpan RefusalPatience = TimeSpan.FromSeconds(1);

    private readonly AckWindow _window = new(time);
    private bool _isHung;

    /// <summary>What ended the stream, where something did.</summary>
    public string Cause { get; private set; } = "";

    /// <summary>Runs until the stream ends. What was not acknowledged is then in <see cref="TakeUnacknowledged"/>.</summary>
    public async Task<StreamEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Watches in steps, so that a stall is found at most a tenth too late.
        await using var watchdog = time.CreateTimer(_ => CheckAge(ending), null, options.AckTimeout / 10, options.AckTimeout / 10);
        try
        {
            using var call = node.Deliver(cancellationToken: ending.Token);
            var firstAck = await AcceptedAsync(call, ending.Token);
            taken();
            var acks = ReadAcksAsync(call.ResponseStream, firstAck, ending);
            try
            {
                await WriteAsync(call.RequestStream, ending.Token);
                await acks;
                return StreamEnd.Drained;
            }
            finally
            {
                await ending.CancelAsync();
                await acks.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (Exception broken) when (broken is RpcException or OperationCanceledException or IOException or InvalidOperationException or TimeoutException)
        {
            if (Cause.Length == 0)
                Cause = broken is RpcException { Status: var status } ? $"{status.StatusCode}: {status.Detail}" : broken.Message;
            return Volatile.Read(ref _isHung) ? StreamEnd.Hung : StreamEnd.Broken;
        }
    }

    public List<LinkDelivery> TakeUnacknowledged() => _window.TakeAll();

    /// <summary>
    /// Nothing is taken from the queue before the node has taken the stream: an attempt that comes to nothing must not cost
    /// what waits there.
    /// </summary>
    /// <returns>The wait for the first ack.</returns>
    private async Task<Task<bool>> AcceptedAsync(AsyncDuplexStreamingCall<DeliveryBatch, DeliveryAck> call, CancellationToken cancellationToken)
    {
        try
        {
            var headers = await call.ResponseHeadersAsync.WaitAsync(options.AckTimeout, time, cancellationToken);
            var first = call.ResponseStream.MoveNext(cancellationToken);
            // A refusal has headers too, and its status right behind them. Earlier versions of the node do not say that they take it.
            if (headers.Get(DeliveryStream.TakenHeader) is null)
                await Task.WhenAny(first, Task.Delay(RefusalPatience, time, cancellationToken));
            if (first.IsCompleted && !await first)
                throw new IOException("the node ended the stream at once");
            return first;
        }
        catch (TimeoutException)
        {
            Cause = $"no answer for {options.AckTimeout.TotalSeconds:0.#} s";
            throw;
        }
    }

    private async Task WriteAsync(IClientStreamWriter<DeliveryBatch> requests, CancellationToken cancellationToken)
    {
        var batch = new List<LinkDelivery>(options.BatchSize);
        while (await queue.WaitAsync(HasRoom, cancellationToken))
        {
            batch.Clear();
            queue.Take(Math.Min(options.BatchSize, options.QueueCapacity - _window.Count), batch);
            var message = new DeliveryBatch { FirstSequence = _window.Add(batch) };
            foreach (var entry in batch)
                message.Deliveries.Add(entry.Delivery);
            await requests.WriteAsync(message, cancellationToken);
        }

        await requests.CompleteAsync();
    }

    private async Task ReadAcksAsync(IAsyncStreamReader<DeliveryAck> acks, Task<bool> next, CancellationTokenSource ending)
    {
        try
        {
            for (; await next; next = acks.MoveNext(ending.Token))
            {
                var ack = acks.Current;
                if (!_window.TryAcknowledge(ack.Sequence, ack.Sessions))
                {
                    Cause = $"the node acknowledged {ack.Sequence}, which it was not sent or had acknowledged";
                    throw new InvalidOperationException(Cause);
                }

                acknowledged();
                queue.Wake();
            }

            if (_window.Count > 0)
            {
                Cause = "the node closed the stream with deliveries unacknowledged";
                throw new InvalidOperationException(Cause);
            }
        }
        catch (RpcException broken) when (Cause.Length == 0 && !ending.IsCancellationRequested)
        {
            Cause = $"{broken.Status.StatusCode}: {broken.Status.Detail}";
            throw;
        }
        finally
        {
            // The writer may be waiting for work that would never be acknowledged.
            await ending.CancelAsync();
        }
    }

    private bool HasRoom() => _window.Count < options.QueueCapacity;

    private void CheckAge(CancellationTokenSource ending)
    {
        if (_window.OldestAge < options.AckTimeout || Volatile.Read(ref _isHung))
            return;
        Volatile.Write(ref _isHung, true);
        Cause = $"no ack for {options.AckTimeout.TotalSeconds:0.#} s";
        // Not awaited: a timer's callback may not block on the continuations of the cancelled write.
        _ = ending.CancelAsync();
    }
}
