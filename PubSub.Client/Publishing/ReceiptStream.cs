using System.Globalization;
using System.Runtime.CompilerServices;
using Grpc.Core;
using PubSub.Protocol;

namespace PubSub.Client.Publishing;

/// <summary>One watch of a feed across all its streams: each goes on where the one before broke off.</summary>
internal sealed class ReceiptStream(PushManagers managers, PushPublisherOptions options, string feed, long? after)
{
    private readonly string _channel = "receipts:" + feed;
    private readonly RetryPause _pause = new(options);
    private long? _after = after;
    private int _attempt;

    public async IAsyncEnumerable<Receipt> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using (var call = Open(cancellationToken))
            {
                while (call is not null && await NextAsync(call, cancellationToken) is { } receipt)
                {
                    _after = receipt.Number;
                    yield return receipt;
                }
            }

            _attempt++;
            await Task.Delay(_pause.Next(), options.Time, cancellationToken);
        }
    }

    private AsyncServerStreamingCall<Receipt>? Open(CancellationToken cancellationToken)
    {
        var request = new WatchReceiptsRequest { Feed = feed };
        if (_after is { } last)
            request.After = last;
        try
        {
            return managers.Choose(_channel, _attempt)?.WatchReceipts(request, cancellationToken: cancellationToken);
        }
        catch (ObjectDisposedException)
        {
            return null; // The address was left out just now.
        }
    }

    /// <summary>Null: the stream broke, and another push manager may go on with it.</summary>
    private async Task<Receipt?> NextAsync(AsyncServerStreamingCall<Receipt> call, CancellationToken cancellationToken)
    {
        try
        {
            // Without a number of its own a watch that breaks before the first receipt would miss what comes meanwhile.
            if (_after is null && (await call.ResponseHeadersAsync).GetValue("after") is { } begun)
                _after = long.Parse(begun, CultureInfo.InvariantCulture);
            if (!await call.ResponseStream.MoveNext(cancellationToken))
                return null;
            _pause.Reset();
            return call.ResponseStream.Current;
        }
        catch (RpcException broken) when (IsWorthARetry(broken.StatusCode))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    private static bool IsWorthARetry(StatusCode status) =>
        status is StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal or StatusCode.Unknown or StatusCode.DeadlineExceeded;
}
