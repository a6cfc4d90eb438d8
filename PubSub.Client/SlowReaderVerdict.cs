namespace PubSub.Client;

/// <summary>What happens when messages come faster than the app takes them, and the inbox is full.</summary>
public enum SlowReaderVerdict
{
    /// <summary>
    /// The connection ends. When the app has taken half of what waits, the client comes back and gets the rest from
    /// the logs, so nothing of a logged channel is lost inside the bounds of its log.
    /// </summary>
    Resume,

    /// <summary>The oldest message that waits is dropped, and counted in <see cref="PubSubClient.DroppedMessages"/>.</summary>
    DropOldest,
}
