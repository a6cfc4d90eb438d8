using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.PushManager.Log;
using PubSub.PushManager.Publishing;
using PubSub.PushManager.Upstreams;

namespace PubSub.PushManager.Jobs;

/// <summary>Takes jobs from the durable push log and publishes them: one after another in a channel, channels side by side.</summary>
/// <remarks>
/// A job is committed after the channel's log has taken it, so whoever dies in between leaves it to the next owner of
/// the partition, who publishes it again under the same message id. That id is kept as long as a job may wait for its
/// commit, not just for the window of other pushes, and is cut to that window when the commit is done. So a repetition
/// is recognised however late it comes.
/// While something that we need is away, a job waits and is tried again for ever. What is refused for its own sake is
/// tried a few times and then becomes a dead letter; a room's later messages wait until that is decided.
/// </remarks>
internal sealed partial class PushJobWorker(
    IPushLogReader reader, Publisher publisher, ChannelLog log, JobMetrics metrics, IOptions<JobOptions> options, TimeProvider time,
    ILogger<PushJobWorker> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    // The nodes' acks say whom a push reached, and no job waits to hear that.
    private static readonly CancellationToken WithoutAcks = new(canceled: true);

    private readonly JobOptions _options = options.Value;

    public async Task RunAsync(CancellationToken stopping)
    {
        var isAway = false;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await TakeAsync(stopping);
                isAway = false;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                if (failure is not UpstreamAwayException)
                    LogFailed(failure);
                else if (!isAway)
                    LogAway(failure.Message);
                isAway = true;
                await PauseAsync(LongestPause, stopping);
            }
        }
    }

    private async Task TakeAsync(CancellationToken stopping)
    {
        var batch = await reader.ReadAsync(stopping);
        if (batch.Jobs.Count == 0)
            return;

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping, batch.Lost);
        var channels = batch.Jobs.GroupBy(job => job.Channel?.Text ?? "");
        await Task.WhenAll(channels.Select(jobs => PublishInOrderAsync(batch, jobs, ending.Token)).ToList());
        if (await reader.CommitAsync(batch))
            await SettleAsync(batch);
    }

    private async Task PublishInOrderAsync(JobBatch batch, IEnumerable<LoggedJob> jobs, CancellationToken ending)
    {
        var tries = _options.Tries;
        foreach (var job in jobs)
        {
            if (ending.IsCancellationRequested)
                return;
            if (await PublishAsync(job, tries, ending) is { } reason)
            {
                if (!await reader.BuryAsync(batch, job, reason))
                    return;
                metrics.Buried();
                LogBuried(job.Job?.MessageId ?? job.LogId, job.Job?.Channel ?? "", reason);
                // What follows in this channel most likely meets the same; it must not hold up the partition as long.
                tries = 1;
            }
            else if (!job.IsDone)
            {
                // Ended in the middle: nothing behind it may overtake it.
                return;
            }
            else
            {
                tries = _options.Tries;
            }
        }
    }

    /// <returns>Why the job cannot be published; null where it was, or where the wait for it was ended.</returns>
    private async Task<string?> PublishAsync(LoggedJob logged, int mostTries, CancellationToken ending)
    {
        if (logged is not { Job: { } job, Channel: { } channel })
            return logged.Complaint;

        using var span = JobSpans.Start(job);
        var request = new PublishRequest(channel, job.Content, job.MessageId, job.Sender) { IsJob = true, Published = job.Published };
        var pause = FirstPause;
        for (var refusals = 0; ;)
        {
            var outcome = await publisher.PublishAsync(request, WithoutAcks);
            if (outcome.Reply is { } reply)
            {
                metrics.Published(reply.Duplicate, time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(job.AcceptedAt));
                logged.IsDone = true;
                return null;
            }

            metrics.Retried(outcome.Code);
            if (!IsOutage(outcome.Code) && ++refusals >= mostTries)
                return $"{outcome.Code}: {outcome.Error}";
            await PauseAsync(pause, ending);
            if (ending.IsCancellationRequested)
                return null;
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task SettleAsync(JobBatch batch)
    {
        try
        {
            await Task.WhenAll(batch.Jobs
                .Where(job => job is { IsDone: true, Channel: not null })
                .Select(job => log.SettleAsync(job.Channel!.Value, job.Job!.MessageId)).ToList());
        }
        catch (UpstreamAwayException)
        {
            // Then the ids stay for longer than they have to.
        }
    }

    private static bool IsOutage(StatusCode code) =>
        code is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded;

    private async Task PauseAsync(TimeSpan pause, CancellationToken ending) =>
        await Task.Delay(pause, time, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
