using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.Membership;

/// <summary>Where etcd is and how we live in it.</summary>
public sealed class EtcdOptions
{
    public const string Section = "Etcd";

    [Setting("ETCD_ENDPOINTS", "Where etcd is: http://host:port, all members of a cluster with commas between them", ConnectionString = "etcd"), Required]
    public string Endpoints { get; set; } = "http://localhost:2379";

    // etcd itself stretches leases below twice its election time-out; ten minutes of dead nodes help nobody.
    [Setting("ETCD_LEASE_SECONDS", "Seconds after which a process that fell silent counts as dead"), Range(2, 600)]
    public int LeaseSeconds { get; set; } = 10;

    [Setting("ETCD_KEY_PREFIX", "What every key of ours begins with; clusters that share an etcd need different ones")]
    [RegularExpression("(/[A-Za-z0-9._-]+)+", ErrorMessage = "must look like /pubsub, without a slash at the end")]
    public string KeyPrefix { get; set; } = "/pubsub";

    [Setting("ETCD_TIMEOUT_MS", "Milliseconds after which a silent etcd counts as away"), Range(100, 60_000)]
    public int TimeoutMs { get; set; } = 3000;

    [Setting("ETCD_USERNAME", "User of etcd; none where etcd asks for none")]
    public string Username { get; set; } = "";

    [Setting("ETCD_PASSWORD", "Password of that user", Secret = true)]
    public string Password { get; set; } = "";

    [Setting("ADVERTISED_ADDRESS", "Host name or IP under which the other processes reach this one; default: the address from which it reaches etcd")]
    public string AdvertisedAddress { get; set; } = "";

    [Setting("ADVERTISED_GRPC_PORT", "Port under which the other processes reach the gRPC door, where a mapping lies between; 0: the port of the door")]
    [Range(0, 65535)]
    public int AdvertisedGrpcPort { get; set; }

    public TimeSpan LeaseTtl => TimeSpan.FromSeconds(LeaseSeconds);

    public TimeSpan Timeout => TimeSpan.FromMilliseconds(TimeoutMs);

    internal bool Encrypted => Endpoints.Contains("https://", StringComparison.OrdinalIgnoreCase);

    internal Uri FirstEndpoint => Addresses().First()!;

    internal IEnumerable<string> Faults()
    {
        foreach (var (text, address) in Endpoints.Split(',').Zip(Addresses()))
        {
            if (address is null)
                yield return $"ETCD_ENDPOINTS: '{text.Trim()}' is not an address such as http://localhost:2379";
        }

        if (Addresses().OfType<Uri>().Select(address => address.Scheme).Distinct().Count() > 1)
            yield return $"ETCD_ENDPOINTS = '{Endpoints}' mixes http and https; all members must use the same";

        if (Username.Length > 0 != Password.Length > 0)
            yield return "ETCD_USERNAME and ETCD_PASSWORD go together; one of them is not set";

        if (TimeoutMs >= LeaseTtl.TotalMilliseconds)
            yield return $"ETCD_TIMEOUT_MS = {TimeoutMs} is not below ETCD_LEASE_SECONDS = {LeaseSeconds}: one silent answer would cost the lease";
    }

    private IEnumerable<Uri?> Addresses() => Endpoints.Split(',').Select(text =>
        Uri.TryCreate(text.Trim(), UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null);
}
