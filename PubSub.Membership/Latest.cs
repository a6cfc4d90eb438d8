using System.Runtime.CompilerServices;

namespace PubSub.Membership;

/// <summary>A value with one writer, and readers that each follow at their own pace and skip what they are late for.</summary>
internal sealed class Latest<T>(T initial)
{
    private volatile Entry _newest = new(initial);

    public T Value => _newest.Value;

    public void Set(T value)
    {
        var previous = _newest;
        _newest = new Entry(value);
        previous.Replaced.SetResult();
    }

    public async IAsyncEnumerable<T> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var entry = _newest;
            yield return entry.Value;
            await entry.Replaced.Task.WaitAsync(cancellationToken);
        }
    }

    public async Task<T> WaitForAsync(Func<T, bool> condition, CancellationToken cancellationToken)
    {
        await foreach (var value in FollowAsync(cancellationToken))
        {
            if (condition(value))
                return value;
        }

        throw new OperationCanceledException(cancellationToken);
    }

    private sealed record Entry(T Value)
    {
        public TaskCompletionSource Replaced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
