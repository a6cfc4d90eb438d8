using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.BizServer.Cli;

/// <summary>A checked command line.</summary>
/// <param name="Channel">Where to.</param>
/// <param name="Type">Type of each message.</param>
/// <param name="Messages">What: pushed one after another.</param>
/// <param name="Count">How often.</param>
/// <param name="Rate">Messages per second; 0 is as fast as it goes.</param>
/// <param name="Url">The push manager.</param>
/// <param name="Timeout">For each push.</param>
/// <param name="ReceiptsTo">The feed that receipts go to; empty: nobody asks.</param>
/// <param name="AsJson">One JSON object per push instead of words.</param>
internal sealed record PushArguments(
    ChannelId Channel, MessageType Type, IReadOnlyList<Content> Messages, int Count, double Rate, Uri Url, TimeSpan Timeout, string ReceiptsTo,
    bool AsJson)
{
    public int Total => Messages.Count * Count;
}
