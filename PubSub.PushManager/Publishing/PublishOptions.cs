using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Publishing;

internal sealed class PublishOptions
{
    public const string Section = "Publishing";

    [Setting("PUSH_LANES", "Lanes between the doors and the links; a channel always takes the same one"), Range(1, 1024)]
    public int Lanes { get; set; } = 10;

    [Setting("PUSH_LANE_CAPACITY", "Pushes that wait in one lane before further ones are refused"), Range(1, 1_000_000)]
    public int LaneCapacity { get; set; } = 10_000;

    [Setting("PUSH_LANE_BATCH", "Pushes of a lane that share one round trip to Redis and to the controller"), Range(1, 10_000)]
    public int LaneBatch { get; set; } = 256;

    [Setting("PUSH_MAX_BODY_BYTES", "Largest data or binary of a push"), Range(1, 2_097_152)]
    public int MaxBodyBytes { get; set; } = 262_144;

    [Setting("PUSH_MAX_METADATA", "Metadata entries that a push may carry"), Range(0, 10_000)]
    public int MaxMetadataEntries { get; set; } = 64;

    [Setting("PUSH_MAX_METADATA_BYTES", "Bytes that the keys and values of a push's metadata may have together"), Range(0, 1_048_576)]
    public int MaxMetadataBytes { get; set; } = 16_384;

    [Setting("PUSH_MAX_BATCH", "Pushes in one PushBatch, and ranges in one ReadLog"), Range(1, 100_000)]
    public int MaxBatch { get; set; } = 1000;
}
