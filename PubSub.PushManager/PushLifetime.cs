using PubSub.PushManager.Links;
using PubSub.PushManager.Publishing;

namespace PubSub.PushManager;

/// <summary>
/// The way down. The doors are closed by then and their requests answered; what is left in the lanes is published,
/// then every link delivers what it has and closes.
/// </summary>
internal sealed class PushLifetime(Publisher publisher, LinkTable links) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await publisher.StopAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await links.DrainAsync(cancellationToken);
    }
}
