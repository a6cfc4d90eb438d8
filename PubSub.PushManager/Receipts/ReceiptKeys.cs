using StackExchange.Redis;

namespace PubSub.PushManager.Receipts;

/// <summary>The keys of the feeds, all on one hash slot, so that one read serves the watchers of all feeds.</summary>
internal static class ReceiptKeys
{
    private const string Slot = "{receipts}:";

    /// <summary>Stream, bounded: the receipts, with the ids <c>number-0</c>.</summary>
    public static RedisKey Feed(string feed) => Slot + "feed:" + feed;

    /// <summary>String: the number of the feed's latest receipt.</summary>
    public static RedisKey Number(string feed) => Slot + "number:" + feed;

    /// <summary>Sorted set: the receipts of the last minutes, so that a repetition is known as one.</summary>
    public static RedisKey Told(string feed) => Slot + "told:" + feed;

    /// <summary>String with an expiry: the push manager that calls the feed's webhook just now.</summary>
    public static RedisKey Turn(string feed) => Slot + "turn:" + feed;

    /// <summary>String: the number up to which the webhook was called.</summary>
    public static RedisKey Called(string feed) => Slot + "called:" + feed;
}
