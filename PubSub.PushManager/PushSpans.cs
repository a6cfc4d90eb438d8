using System.Diagnostics;
using PubSub.PushManager.Offline;
using PubSub.PushManager.Webhooks;

namespace PubSub.PushManager;

/// <summary>The spans of a push between its door and the nodes. They cost nothing while nobody listens.</summary>
internal static class PushSpans
{
    public const string SourceName = "PubSub.PushManager";

    private static readonly ActivitySource Source = new(SourceName);

    public static bool AreOn => Source.HasListeners();

    public static Activity? Start(string name, ActivityContext parent, string channel)
    {
        var span = Source.StartActivity(name, ActivityKind.Client, parent);
        span?.SetTag("pubsub.channel", channel);
        return span;
    }

    public static Activity? StartNode(string node, ActivityContext parent)
    {
        if (!AreOn || parent == default)
            return null;
        var span = Source.StartActivity("node", ActivityKind.Producer, parent);
        span?.SetTag("pubsub.node", node);
        // It ends with the node's ack, on another thread: it must not become the parent of what comes next here.
        Activity.Current = null;
        return span;
    }

    /// <summary>
    /// One try to tell somebody outside. The HTTP request below it has no span of its own where its address would give
    /// the device's token away.
    /// </summary>
    public static Activity? StartNotification(string notifier, Notification notification)
    {
        if (!AreOn)
            return null;
        var span = Source.StartActivity("notify " + notifier, ActivityKind.Client, notification.Parent);
        span?.SetTag("pubsub.notifier", notifier);
        span?.SetTag("pubsub.channel", notification.Message.Channel);
        span?.SetTag("pubsub.message_id", notification.Message.MessageId);
        span?.SetTag("pubsub.try", notification.Tries);
        return span;
    }

    public static void Describe(Activity? span, NotifyOutcome outcome)
    {
        if (outcome.Status > 0)
            span?.SetTag("http.response.status_code", outcome.Status);
        if (outcome.Result is NotifyResult.Failed or NotifyResult.Refused)
            span?.SetStatus(ActivityStatusCode.Error, outcome.Why);
    }

    /// <summary>What the node takes as its parent; empty where the push is not sampled.</summary>
    public static string TraceParent(Activity? span, ActivityContext parent)
    {
        var context = span?.Context ?? parent;
        return (context.TraceFlags & ActivityTraceFlags.Recorded) == 0 ? "" : $"00-{context.TraceId}-{context.SpanId}-01";
    }
}
