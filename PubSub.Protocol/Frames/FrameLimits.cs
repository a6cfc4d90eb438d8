namespace PubSub.Protocol.Frames;

/// <summary>What a frame may hold, whatever its encoding; SPEC.md section 6.</summary>
public static class FrameLimits
{
    /// <summary>Default of the largest message a node takes; a setting of the node.</summary>
    public const int DefaultMaxBytes = 64 * 1024;

    public const int MaxJsonDepth = 16;

    public const int MaxRequestIdBytes = 64;

    public const int MaxPositions = 1000;

    public const int MaxMetadataEntries = 32;

    public const int DefaultHistory = 50;

    public const int MaxHistory = 500;
}
