namespace PubSub.Membership;

/// <summary>Growing pauses with full jitter: processes that lost etcd together do not come back in step.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeProvider time)
{
    private int _pauses;

    public void Reset() => _pauses = 0;

    public Task PauseAsync(CancellationToken cancellationToken)
    {
        var ceiling = Math.Min(longest.Ticks, first.Ticks * Math.Pow(2, Math.Min(_pauses++, 30)));
        return Task.Delay(TimeSpan.FromTicks((long)(ceiling * Random.Shared.NextDouble())), time, cancellationToken);
    }
}
