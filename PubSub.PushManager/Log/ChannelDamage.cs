using System.Text.RegularExpressions;
using PubSub.Protocol.Channels;

namespace PubSub.PushManager.Log;

/// <summary>
/// Tells refusals of Redis that are about one channel's keys from those that are about Redis. The first stay until
/// somebody mends the keys, and concern nobody else; the second (LOADING, READONLY, OOM, CLUSTERDOWN, a missing right and
/// whatever else there is) pass, or concern everybody, so a push may wait for their end.
/// </summary>
internal static partial class ChannelDamage
{
    /// <summary>Not one that passes by itself.</summary>
    public static bool IsOfKeys(string refusal) => Said().IsMatch(refusal) || OfKeys().IsMatch(refusal);

    /// <returns>What is wrong and what to do about it; null where it is not the channel.</returns>
    public static string? Find(string refusal, ChannelId channel)
    {
        if (Said().Match(refusal) is { Success: true } said)
            return $"{said.Groups[1].Value}. {Remedy(channel)}";
        if (!OfKeys().IsMatch(refusal))
            return null;

        var owner = channel.Kind is ChannelKind.Room ? $", {LogKeys.Owner(channel)} a string" : "";
        return $"the channel's keys in Redis do not hold what they should ({refusal}): {LogKeys.Log(channel)} must be a stream (see TYPE), " +
            $"{LogKeys.Position(channel)} a hash{owner}. Delete the one that is not, or {LogKeys.Position(channel)} where all are; without it the channel starts a new epoch.";
    }

    private static string Remedy(ChannelId channel) =>
        $"Delete that key and create the room again (ControllerService.CreateRoom); pushes to '{channel.Id}' cannot be stored until then.";

    /// <summary>What channel.lua finds.</summary>
    [GeneratedRegex("DAMAGED (the value of .* is not a JSON object)")]
    private static partial Regex Said();

    /// <summary>A key of another type, a stream ahead of its position, fields that are no numbers; Redis 6 wraps them, later ones do not.</summary>
    [GeneratedRegex(@"\bWRONGTYPE\b|The ID specified in XADD|user_script:\d+: (attempt to|bad argument)")]
    private static partial Regex OfKeys();
}

/// <summary>Redis is there, and refuses because of what a key holds: waiting does not help, and other keys are not concerned.</summary>
internal class KeyRefusedException(string message, Exception cause) : Exception(message, cause);

/// <summary>The keys of one channel cannot be used. The message is for the publisher.</summary>
internal sealed class ChannelDamagedException(string message, Exception cause) : KeyRefusedException(message, cause);
