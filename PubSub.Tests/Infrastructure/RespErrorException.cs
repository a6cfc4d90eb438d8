namespace PubSub.Tests.Infrastructure;

/// <summary>Redis answered with an error; the message is what it said.</summary>
internal sealed class RespErrorException(string message) : Exception(message);
