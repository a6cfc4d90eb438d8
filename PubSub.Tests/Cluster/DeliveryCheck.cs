using PubSub.Protocol.Channels;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>Compares what a client got with what it should have got. Null: nothing is wrong.</summary>
internal static class DeliveryCheck
{
    /// <summary>A client of these channels gets exactly their accepted messages: all, in order, once, and nothing else.</summary>
    public static string? FaultOfAll(
        IReadOnlyList<Delivered> got, IReadOnlyDictionary<string, IReadOnlyList<Delivered>> acceptedInOrder, IReadOnlyCollection<string> channels)
    {
        if (got.FirstOrDefault(one => !channels.Contains(one.Channel)) is { } foreign)
            return $"got {foreign}, which is for others";
        foreach (var channel in channels)
        {
            var wanted = acceptedInOrder.TryGetValue(channel, out var messages) ? messages : [];
            var have = got.Where(one => one.Channel == channel).ToList();
            for (var i = 0; i < Math.Max(wanted.Count, have.Count); i++)
            {
                if (i >= have.Count || i >= wanted.Count || have[i] != wanted[i])
                    return $"{channel}, message {i + 1} of {wanted.Count}: wanted {At(wanted, i)}, got {At(have, i)}";
            }
        }

        return null;
    }

    /// <summary>
    /// A member that joined at a position gets every later message without a hole, at least up to those that were accepted
    /// while it was in.
    /// </summary>
    public static string? FaultOfMember(IReadOnlyList<Delivered> got, ChannelPosition joinedAt, long acceptedMeanwhile)
    {
        var next = joinedAt.Offset + 1;
        foreach (var one in got)
        {
            if (joinedAt.Epoch != 0 && one.Epoch != joinedAt.Epoch)
                return $"joined at {joinedAt}, got {one} of another epoch";
            if (one.Offset != next)
                return $"joined at {joinedAt}, got {one} where {next} is next";
            next++;
        }

        return next > acceptedMeanwhile ? null : $"joined at {joinedAt}, {acceptedMeanwhile} was accepted then, but only {next - 1} came";
    }

    private static string At(IReadOnlyList<Delivered> messages, int index) => index < messages.Count ? messages[index].ToString() : "nothing";
}
