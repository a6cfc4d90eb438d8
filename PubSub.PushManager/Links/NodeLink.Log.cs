namespace PubSub.PushManager.Links;

internal sealed partial class NodeLink
{
    [LoggerMessage(3200, LogLevel.Warning, "Link to node {Node} lost ({Cause}); connecting again.")]
    private partial void LogLost(string node, string cause);

    [LoggerMessage(3201, LogLevel.Information, "Node {Node} acknowledges again.")]
    private partial void LogAnswers(string node);

    [LoggerMessage(3202, LogLevel.Warning, "Node {Node} did not take {Count} messages before the stop; those with a log are repaired from there.")]
    private partial void LogNotDrained(string node, int count);
}
