using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Links;

internal sealed class NodeLinkOptions
{
    public const string Section = "Links";

    [Setting("LINK_QUEUE", "Messages that wait for one node, and as many on their way to it, before it is told of a gap")]
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 1000;

    [Setting("LINK_BATCH", "Messages in one write to a node"), Range(1, 10_000)]
    public int BatchSize { get; set; } = 100;

    [Setting("LINK_ACK_TIMEOUT_MS", "Milliseconds after which a node that acknowledges nothing counts as hung"), Range(50, 600_000)]
    public int AckTimeoutMs { get; set; } = 5000;

    public TimeSpan AckTimeout => TimeSpan.FromMilliseconds(AckTimeoutMs);
}
