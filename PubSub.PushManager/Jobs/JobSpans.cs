using System.Diagnostics;
using PubSub.Protocol;

namespace PubSub.PushManager.Jobs;

/// <summary>The span of a job continues the trace of the request that was accepted.</summary>
internal static class JobSpans
{
    private static readonly ActivitySource Source = new(PushSpans.SourceName);

    public static Activity? Start(PushJob job)
    {
        if (!Source.HasListeners() || !ActivityContext.TryParse(job.TraceParent, null, isRemote: true, out var parent))
            return null;
        var span = Source.StartActivity("job", ActivityKind.Consumer, parent);
        span?.SetTag("pubsub.channel", job.Channel);
        return span;
    }
}
