using Microsoft.Extensions.Options;

namespace PubSub.PushManager.Jobs;

/// <summary>Runs the job workers, each with a reader of its own. They stop before the publisher does.</summary>
internal sealed class JobWorkers(
    Func<IPushLogReader> newReader, Func<IPushLogReader, PushJobWorker> newWorker, JobWakeUps wakeUps, JobMetrics metrics,
    IOptions<JobOptions> options) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<IPushLogReader> _readers = [];
    private Task _running = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Workers == 0)
            return Task.CompletedTask;
        if (options.Value.PushLog is PushLogKind.Redis)
            wakeUps.Start();
        _readers.AddRange(Enumerable.Range(0, options.Value.Workers).Select(_ => newReader()));
        metrics.Observe(Backlog);
        _running = Task.WhenAll(_readers.Select(reader => Task.Run(() => newWorker(reader).RunAsync(_stopping.Token))).ToList());
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_readers.Select(reader => reader.DisposeAsync().AsTask()).ToList())
            .WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stopping.Dispose();

    private JobBacklog Backlog()
    {
        var each = _readers.ConvertAll(reader => reader.Backlog);
        return new JobBacklog(each.Sum(one => one.Jobs), each.Max(one => one.OldestAge), each.Sum(one => one.Partitions));
    }
}
