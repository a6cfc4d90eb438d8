namespace PubSub.PushManager.Upstreams;

/// <summary>Redis or the controller cannot answer now. The message is for the publisher.</summary>
internal sealed class UpstreamAwayException(string message, Exception? cause = null) : Exception(message, cause);
