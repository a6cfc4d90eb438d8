using System.Diagnostics;

namespace PubSub.ConnectNode.Delivery;

/// <summary>One span for each traced message of a run; nothing at all where none is traced.</summary>
internal sealed class FanoutSpans
{
    private static readonly ActivitySource Source = new("PubSub.ConnectNode");

    private readonly List<Activity> _spans = [];

    private FanoutSpans()
    {
    }

    public static FanoutSpans? Start(ReadOnlySpan<LaneWork> messages)
    {
        if (!Source.HasListeners())
            return null;

        FanoutSpans? spans = null;
        var outer = Activity.Current;
        foreach (ref readonly var work in messages)
        {
            if (work.TraceParent.Length == 0 || !ActivityContext.TryParse(work.TraceParent, null, isRemote: true, out var parent))
                continue;
            if (Source.StartActivity("7 fan-out", ActivityKind.Consumer, parent) is not { } span)
                continue;
            span.SetTag("pubsub.channel", work.Message.Channel);
            span.SetTag("pubsub.offset", work.Message.Position?.Offset ?? 0);
            (spans ??= new FanoutSpans())._spans.Add(span);
        }

        Activity.Current = outer;
        return spans;
    }

    public void End(int reached)
    {
        foreach (var span in _spans)
        {
            span.SetTag("pubsub.sessions", reached);
            span.Dispose();
        }
    }
}
