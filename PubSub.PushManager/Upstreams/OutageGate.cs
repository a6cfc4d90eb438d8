namespace PubSub.PushManager.Upstreams;

/// <summary>
/// Knows whether a service that we need is away. After a failure everybody is refused at once instead of waiting for
/// the time-out again, and one probe at a time finds out when the service is back.
/// </summary>
internal sealed partial class OutageGate : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    private readonly string _service;
    private readonly Func<CancellationToken, Task> _probe;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private Task _probing = Task.CompletedTask;
    private volatile bool _away;

    /// <param name="service">What is away, as it stands in logs.</param>
    /// <param name="probe">Fails while the service is away.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told once when the service goes, once when it is back.</param>
    public OutageGate(string service, Func<CancellationToken, Task> probe, TimeProvider time, ILogger logger)
    {
        _service = service;
        _probe = probe;
        _time = time;
        _logger = logger;
    }

    public bool IsAway => _away;

    /// <summary>Raised when the service is back.</summary>
    public event Action? Returned;

    public void ReportFailure(Exception cause)
    {
        lock (_lock)
        {
            if (_away || _stopping.IsCancellationRequested)
                return;
            _away = true;
            _probing = Task.Run(ProbeUntilBackAsync);
        }

        LogAway(_logger, _service, cause.Message);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
            _stopping.Cancel();
        await _probing;
        _stopping.Dispose();
    }

    private async Task ProbeUntilBackAsync()
    {
        var since = _time.GetTimestamp();
        while (!_stopping.IsCancellationRequested)
        {
            await Task.Delay(Interval, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!await AnswersAsync())
                continue;

            lock (_lock)
                _away = false;
            LogBack(_logger, _service, _time.GetElapsedTime(since).TotalSeconds);
            Returned?.Invoke();
            return;
        }
    }

    private async Task<bool> AnswersAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        using var timer = _time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), patience, ProbeTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            await _probe(patience.Token).WaitAsync(patience.Token);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
