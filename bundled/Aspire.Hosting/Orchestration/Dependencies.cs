using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>What one resource waits for before it starts.</summary>
internal sealed class Dependencies(IResource resource, ResourceNotificationService notifications)
{
    private readonly WaitAnnotation[] _waits = [.. resource.Annotations.OfType<WaitAnnotation>()];

    public bool Any => _waits.Length > 0;

    public bool Include(IResource other) => _waits.Any(wait => wait.Resource == other);

    /// <summary>Returns when all are there, or as soon as the resource is not wanted any more.</summary>
    /// <param name="isWanted">Asked after each wake-up call.</param>
    /// <param name="wake">Released when the answer may have changed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(Func<bool> isWanted, SemaphoreSlim wake, CancellationToken cancellationToken)
    {
        foreach (var wait in _waits)
        {
            var others = wait.WaitType == WaitType.WaitUntilHealthy
                ? notifications.WaitForResourceHealthyAsync(
                    wait.Resource.Name, WaitBehavior.WaitOnResourceUnavailable, cancellationToken)
                : (Task)notifications.WaitForResourceAsync(wait.Resource.Name, cancellationToken: cancellationToken);
            while (isWanted() && !others.IsCompleted)
            {
                // A wait for the wake-up call that nobody awaits any more would take the next one for itself.
                using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var call = wake.WaitAsync(waiting.Token);
                await Task.WhenAny(others, call);
                await waiting.CancelAsync();
                await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (!isWanted())
                return;
            await others;
        }
    }
}
