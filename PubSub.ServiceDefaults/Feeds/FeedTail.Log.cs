using Microsoft.Extensions.Logging;

namespace PubSub.ServiceDefaults.Feeds;

internal sealed partial class FeedTail<T>
{
    [LoggerMessage(130, LogLevel.Error, "feed '{Feed}' cannot be read: its {Watchers} watchers are told, and may come back")]
    private static partial void LogUnread(ILogger logger, Exception failure, string feed, int watchers);
}
