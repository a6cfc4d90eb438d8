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

/// <summary>One attempt at the delivery stream to a node: writes batches as they come, reads acks.</summary>
internal sealed class NodeStream(
    ConnectNodeService.ConnectNodeServiceClient node, LinkQueue queue, NodeLinkOptions options, TimeProvider time, Action taken, Action acknowledged)
{
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
            var acks = ReadAcksAsync(call, ending);
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
        catch (Exception broken) when (broken is RpcException or OperationCanceledException or IOException or InvalidOperationException)
        {
            if (Cause.Length == 0)
                Cause = broken is RpcException { Status: var status } ? $"{status.StatusCode}: {status.Detail}" : broken.Message;
            return Volatile.Read(ref _isHung) ? StreamEnd.Hung : StreamEnd.Broken;
        }
    }

    public List<LinkDelivery> TakeUnacknowledged() => _window.TakeAll();

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

    private async Task ReadAcksAsync(AsyncDuplexStreamingCall<DeliveryBatch, DeliveryAck> call, CancellationTokenSource ending)
    {
        var acks = call.ResponseStream;
        try
        {
            // A node answers with its headers as soon as it takes the stream, long before there is anything to acknowledge.
            await call.ResponseHeadersAsync;
            taken();
            while (await acks.MoveNext(ending.Token))
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
