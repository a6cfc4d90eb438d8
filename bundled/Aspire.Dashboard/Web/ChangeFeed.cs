namespace Aspire.Dashboard.Web;

internal enum Topic
{
    Resources,
    Traces,
    Logs,
    Metrics,
}

/// <summary>Tells who watches that something changed; what changed they ask for themselves. Many changes become one.</summary>
internal sealed class ChangeFeed
{
    private readonly long[] _versions = new long[Enum.GetValues<Topic>().Length];
    private TaskCompletionSource _changed = NewSource();

    public void Raise(Topic topic)
    {
        Interlocked.Increment(ref _versions[(int)topic]);
        Interlocked.Exchange(ref _changed, NewSource()).TrySetResult();
    }

    /// <summary>Take the wait before the versions, so that nothing falls between.</summary>
    public Task NextChange() => Volatile.Read(ref _changed).Task;

    public IReadOnlyDictionary<string, long> Versions() => Enum.GetValues<Topic>()
        .ToDictionary(topic => topic.ToString().ToLowerInvariant(), topic => Interlocked.Read(ref _versions[(int)topic]));

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
