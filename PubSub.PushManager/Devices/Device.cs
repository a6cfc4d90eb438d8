using PubSub.Protocol;

namespace PubSub.PushManager.Devices;

/// <summary>A user's phone as a push service knows it.</summary>
/// <param name="Id">Its id among the user's devices.</param>
/// <param name="Platform">The push service that gave the token.</param>
/// <param name="Token">A secret: never logged, never in a span.</param>
/// <param name="RegisteredAt">Unix time in milliseconds, by the clock of Redis.</param>
internal sealed record Device(string Id, PushPlatform Platform, string Token, long RegisteredAt)
{
    public override string ToString() => $"{Platform} device {Id}";
}
