namespace PubSub.PushManager.Links;

internal sealed partial class LinkTable
{
    [LoggerMessage(3210, LogLevel.Information, "Link to node {Node} (incarnation {Incarnation}) at {Address}.")]
    private partial void LogOpened(string node, long incarnation, Uri address);

    [LoggerMessage(3211, LogLevel.Information, "Node {Node} (incarnation {Incarnation}) is gone; its link is dropped.")]
    private partial void LogDropped(string node, long incarnation);
}
