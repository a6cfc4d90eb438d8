using System.Diagnostics;
using Grpc.Core;
using PubSub.BizServer.PushLog;
using PubSub.Protocol;

namespace PubSub.BizServer.Logic;

/// <summary>Into the push log: accepted means that the log has it, and a job worker publishes it when it can.</summary>
internal sealed class PushLogPath(IPushLogWriter log, LogicMetrics metrics, TimeProvider time) : ISendPath
{
    public const string PathName = "push-log";

    public string Name => PathName;

    public async Task<IReadOnlyList<PushOutcome>> SendAsync(IReadOnlyList<Push> pushes, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var jobs = pushes.Select(push => ToJob(push, now)).ToList();
        try
        {
            await log.AppendAsync(jobs, cancellationToken);
            metrics.Appended(jobs.Count, StatusCode.OK);
            return jobs.ConvertAll(job => new PushOutcome { Reply = new PushReply { MessageId = job.MessageId } });
        }
        catch (PushLogAwayException away)
        {
            metrics.Appended(jobs.Count, StatusCode.Unavailable);
            return jobs.ConvertAll(_ => new PushOutcome { Code = (int)StatusCode.Unavailable, Error = away.Message });
        }
    }

    private static PushJob ToJob(Push push, long now)
    {
        var job = new PushJob
        {
            MessageId = push.MessageId.Length > 0 ? push.MessageId : Guid.CreateVersion7().ToString("N"),
            Channel = push.Channel,
            Content = push.Content,
            Sender = push.Sender,
            TraceParent = Activity.Current?.Id ?? "",
            AcceptedAt = now,
            Published = push.Published,
        };

        // When it was sent, not when a worker came to it.
        if (job.Content.Timestamp == 0)
            job.Content.Timestamp = now;
        return job;
    }
}
