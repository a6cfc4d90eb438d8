namespace PubSub.Controller.Redis;

/// <summary>Redis did not answer in time, or cannot be reached. Nothing is known of what the command did.</summary>
internal sealed class RedisAwayException(string message, Exception? inner) : Exception(message, inner);
