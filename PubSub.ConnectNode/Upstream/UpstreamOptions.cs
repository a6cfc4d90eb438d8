using System.ComponentModel.DataAnnotations;
using PubSub.Membership;
using PubSub.ServiceDefaults;

namespace PubSub.ConnectNode.Upstream;

/// <summary>Where controllers and push managers are, and how long they may take.</summary>
internal sealed class UpstreamOptions
{
    public const string Section = "Upstream";

    [Setting("CONTROLLER_ADDRESS", "Controllers as host:port, several with commas; asked until etcd says which ones live")]
    public string[] Controllers { get; set; } = ["localhost:50051"];

    [Setting("PUSH_MANAGER_ADDRESS", "Push managers as host:port, several with commas; empty: only those found in etcd")]
    public string[] PushManagers { get; set; } = [];

    [Setting("CONTROLLER_TIMEOUT_MS", "Milliseconds that a controller may take for a batch of changes"), Range(50, 60_000)]
    public int ControllerTimeoutMs { get; set; } = 2000;

    [Setting("PUSH_TIMEOUT_MS", "Milliseconds that a client's own message may take until it is accepted"), Range(50, 120_000)]
    public int PushTimeoutMs { get; set; } = 10_000;

    [Setting("READ_LOG_TIMEOUT_MS", "Milliseconds that a read of missed messages may take"), Range(50, 120_000)]
    public int ReadLogTimeoutMs { get; set; } = 5000;

    [Setting("UPSTREAM_BATCH", "Changes or messages that travel in one call"), Range(1, 10_000)]
    public int Batch { get; set; } = 500;

    [Setting("UPSTREAM_QUEUE", "Changes or messages that may wait for a call"), Range(1, 1_000_000)]
    public int Queue { get; set; } = 50_000;

    /// <summary>One complaint per address that is none.</summary>
    public IEnumerable<string> Faults() =>
        Controllers.Select(address => ("CONTROLLER_ADDRESS", address))
            .Concat(PushManagers.Select(address => ("PUSH_MANAGER_ADDRESS", address)))
            .Where(entry => ServiceAddress.Parse(entry.address) is null)
            .Select(entry => $"{entry.Item1}: '{entry.address}' is no address. Give host:port, for example localhost:50051.");
}
