using System.Diagnostics.Metrics;
using Grpc.Core;

namespace PubSub.PushManager.Jobs;

internal sealed class JobMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _jobs;
    private readonly Counter<long> _retries;
    private readonly Histogram<double> _lag;
    private readonly Counter<long> _damages;

    public JobMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(PushMetrics.MeterName);
        _jobs = _meter.CreateCounter<long>("push_manager_jobs_total", "{job}", "Jobs of the push log that were finished, by result: published, repeated or dead.");
        _retries = _meter.CreateCounter<long>("push_manager_job_retries_total", "{try}", "Tries of jobs that were refused, by status.");
        _lag = _meter.CreateHistogram<double>("push_manager_job_lag_seconds", "s", "Time from the acceptance of a job to its publishing.");
        _damages = _meter.CreateCounter<long>("push_manager_job_damages_total", "{look}", "Looks at a partition of the push log whose keys in Redis cannot be used.");
    }

    public void Damaged(int partition) => _damages.Add(1, new KeyValuePair<string, object?>("partition", partition));

    public void Published(bool isRepeated, TimeSpan lag)
    {
        _jobs.Add(1, new KeyValuePair<string, object?>("result", isRepeated ? "repeated" : "published"));
        _lag.Record(lag.TotalSeconds);
    }

    public void Buried() => _jobs.Add(1, new KeyValuePair<string, object?>("result", "dead"));

    public void Retried(StatusCode status) => _retries.Add(1, new KeyValuePair<string, object?>("status", status.ToString()));

    public void Observe(Func<JobBacklog> backlog)
    {
        _meter.CreateObservableGauge("push_manager_job_backlog", () => backlog().Jobs, "{job}", "Jobs that wait in the partitions of this push manager.");
        _meter.CreateObservableGauge("push_manager_job_age_seconds", () => backlog().OldestAge.TotalSeconds, "s", "How long the oldest of them has waited.");
        _meter.CreateObservableGauge("push_manager_job_partitions", () => backlog().Partitions, "{partition}", "Partitions of the push log that this push manager has.");
    }
}
