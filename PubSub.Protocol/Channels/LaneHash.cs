namespace PubSub.Protocol.Channels;

/// <summary>
/// Chooses the lane of a channel. The same in every process and every run, because nodes use it to choose the push
/// manager that writes a channel.
/// </summary>
public static class LaneHash
{
    public static int Lane(ReadOnlySpan<char> channel, int lanes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lanes);
        return (int)(Compute(channel) % (uint)lanes);
    }

    /// <summary>FNV-1a over the UTF-16 units, then a finalizer: FNV alone is weak in its low bits.</summary>
    public static uint Compute(ReadOnlySpan<char> channel)
    {
        var hash = 2166136261u;
        foreach (var character in channel)
        {
            hash = (hash ^ (byte)character) * 16777619u;
            hash = (hash ^ (byte)(character >> 8)) * 16777619u;
        }

        hash ^= hash >> 16;
        hash *= 0x85ebca6b;
        hash ^= hash >> 13;
        hash *= 0xc2b2ae35;
        return hash ^ (hash >> 16);
    }
}
