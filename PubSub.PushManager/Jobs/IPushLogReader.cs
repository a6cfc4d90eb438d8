using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.PushManager.Jobs;

/// <summary>
/// One worker's view of the durable push log. The readers of the group share its partitions; a partition has one reader
/// at a time, and its jobs come in their order, again and again until they are committed.
/// </summary>
internal interface IPushLogReader : IAsyncDisposable
{
    /// <summary>The next jobs of one partition; none where nothing came for a while.</summary>
    Task<JobBatch> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Commits what is done. What is not comes again, to whoever has the partition then. Where the partition is
    /// somebody else's by now, or about to be, nothing happens.
    /// </summary>
    /// <returns>Whether it is committed: what is not may be published again.</returns>
    Task<bool> CommitAsync(JobBatch batch);

    /// <summary>Keeps a job that cannot be published, with the reason, where people find and replay it.</summary>
    /// <returns>False where that is impossible now: the job comes again.</returns>
    Task<bool> BuryAsync(JobBatch batch, LoggedJob job, string reason);

    /// <summary>What waits in the partitions that this reader has.</summary>
    JobBacklog Backlog { get; }
}

/// <param name="Partition">Where the jobs are from.</param>
/// <param name="Jobs">In the order of the log.</param>
/// <param name="Lost">Cancelled when the partition went to another reader: what is not published yet is theirs.</param>
internal sealed record JobBatch(int Partition, IReadOnlyList<LoggedJob> Jobs, CancellationToken Lost)
{
    public static JobBatch Empty { get; } = new(-1, [], CancellationToken.None);
}

/// <summary>A record of the push log, and whether it can be published.</summary>
internal sealed class LoggedJob
{
    private LoggedJob(string logId, byte[] bytes, PushJob? job)
    {
        LogId = logId;
        Bytes = bytes;
        Job = job;
        if (job is null)
            Complaint = "the record is not a PushJob";
        else if (job.MessageId.Length == 0)
            Complaint = "the job has no message_id";
        else if (ChannelId.TryParse(job.Channel, out var channel, out var complaint))
            Channel = channel;
        else
            Complaint = complaint;
    }

    /// <summary>The record's place in its partition.</summary>
    public string LogId { get; }

    /// <summary>The record as it was read.</summary>
    public byte[] Bytes { get; }

    /// <summary>What it says; null where it cannot be read.</summary>
    public PushJob? Job { get; }

    /// <summary>Where to; null where there is a complaint.</summary>
    public ChannelId? Channel { get; }

    /// <summary>Why it can never be published.</summary>
    public string Complaint { get; } = "";

    /// <summary>Published, or buried: nothing is left to do but to commit.</summary>
    public bool IsDone { get; set; }

    public static LoggedJob Parse(string logId, byte[]? bytes)
    {
        try
        {
            return new LoggedJob(logId, bytes ?? [], bytes is null ? null : PushJob.Parser.ParseFrom(bytes));
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            return new LoggedJob(logId, bytes ?? [], null);
        }
    }
}

/// <param name="Jobs">How many are not committed.</param>
/// <param name="OldestAge">How long the oldest of them has waited.</param>
/// <param name="Partitions">How many partitions the figures are of.</param>
internal readonly record struct JobBacklog(long Jobs, TimeSpan OldestAge, int Partitions);
