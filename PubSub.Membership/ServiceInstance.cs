using System.Text.Json;
using System.Text.Json.Serialization;

namespace PubSub.Membership;

/// <summary>One running process, as it describes itself in etcd. A port of 0 is a door that it does not have.</summary>
public sealed record ServiceInstance
{
    public required string Id { get; init; }

    /// <summary>Host name or IP address under which the other processes reach it.</summary>
    public required string Address { get; init; }

    public int GrpcPort { get; init; }

    public int HttpPort { get; init; }

    public int MetricsPort { get; init; }

    /// <summary>
    /// Which life of this id: higher with each start, never given twice, the same for as long as the process runs.
    /// </summary>
    public long Incarnation { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>etcd's revision of this entry: a later registration of the same life has a higher one.</summary>
    [JsonIgnore]
    public long Revision { get; init; }

    [JsonIgnore]
    public Uri GrpcAddress => new UriBuilder(Uri.UriSchemeHttp, Address, GrpcPort).Uri;

    public string ToJson() => JsonSerializer.Serialize(this, ServiceInstanceJson.Default.ServiceInstance);

    /// <summary>The instance, or null if this is none: etcd holds what anybody may have put there.</summary>
    public static ServiceInstance? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ServiceInstanceJson.Default.ServiceInstance) is { Id.Length: > 0, Address.Length: > 0 } instance
                ? instance
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServiceInstance))]
internal sealed partial class ServiceInstanceJson : JsonSerializerContext;
