using System.Diagnostics;

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

    /// <summary>What the node takes as its parent; empty where the push is not sampled.</summary>
    public static string TraceParent(Activity? span, ActivityContext parent)
    {
        var context = span?.Context ?? parent;
        return (context.TraceFlags & ActivityTraceFlags.Recorded) == 0 ? "" : $"00-{context.TraceId}-{context.SpanId}-01";
    }
}
