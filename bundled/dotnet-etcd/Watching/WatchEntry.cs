using Etcdserverpb;

namespace dotnet_etcd.Watching;

/// <summary>One watch, across all the streams that carry it.</summary>
internal sealed class WatchEntry
{
    private readonly WatchCreateRequest _create;
    private readonly TaskCompletionSource<WatchResponse> _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _token;

    public WatchEntry(long id, WatchCreateRequest create, Action<WatchResponse> callback)
    {
        // A copy: the caller may use his request for more than one watch.
        _create = create.Clone();
        _create.WatchId = id;
        Resume = new ResumePoint(create.StartRevision);
        Id = id;
        Callback = callback;
    }

    public long Id { get; }

    public Action<WatchResponse> Callback { get; }

    public ResumePoint Resume { get; }

    /// <summary>etcd's first answer, whether it says yes or no.</summary>
    public Task<WatchResponse> Acknowledged => _acknowledged.Task;

    /// <summary>Nobody wants its responses any more; those under way are dropped.</summary>
    public bool IsCancelled { get; private set; }

    public WatchRequest ToRequest()
    {
        Resume.StreamOpened();
        var create = _create.Clone();
        create.StartRevision = Resume.StartRevision;
        return new WatchRequest { CreateRequest = create };
    }

    public void Acknowledge(WatchResponse response) => _acknowledged.TrySetResult(response);

    public void CancelWith(CancellationToken token, Action<long> cancel) =>
        _token = token.UnsafeRegister(_ => cancel(Id), null);

    public void Cancel()
    {
        IsCancelled = true;
        _token.Unregister();
    }

    public void Fail(Exception reason)
    {
        Cancel();
        if (_acknowledged.TrySetException(reason))
        {
            // Whoever waited may have given up; the exception is seen all the same.
            _ = _acknowledged.Task.Exception;
        }
    }
}
