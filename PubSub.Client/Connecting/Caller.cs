using PubSub.Protocol.Client;

namespace PubSub.Client.Connecting;

/// <summary>
/// Asks until there is an answer: over reconnects and temporary refusals, within the request time-out. Every request of
/// the protocol may be repeated; a publish because it has a message id.
/// </summary>
internal sealed class Caller(PubSubClientOptions options, CancellationToken closing)
{
    /// <param name="frame">Makes the request.</param>
    /// <param name="ready">Waits for the connection to send it on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ServerEnvelope> CallAsync(
        Func<ClientEnvelope> frame, Func<CancellationToken, Task<Connection>> ready, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.RequestTimeout, options.Time);
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token, closing);
        Exception? last = null;
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    return await (await ready(all.Token)).RequestAsync(frame(), all.Token);
                }
                catch (Exception error) when (error is ConnectionEndedException or PubSubException { IsTemporary: true })
                {
                    last = error;
                }

                await Task.Delay(options.Reconnect.Pause(attempt, TimeSpan.Zero), options.Time, all.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (closing.IsCancellationRequested)
                throw new PubSubException(0, "The client was closed before the answer came.", isTemporary: false, last);
            throw new TimeoutException($"No answer within {options.RequestTimeout.TotalSeconds:0.#} s. {last?.Message}", last);
        }
    }
}
