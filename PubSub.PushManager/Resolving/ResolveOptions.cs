using System.ComponentModel.DataAnnotations;
using PubSub.Membership;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Resolving;

internal sealed class ResolveOptions
{
    public const string Section = "Resolving";

    [Setting("CONTROLLER_ADDRESS", "Controllers as host:port, several with commas; asked until etcd says which ones live")]
    [Required]
    public string[] Controllers { get; set; } = ["localhost:50051"];

    [Setting("RESOLVE_TIMEOUT_MS", "Milliseconds that one controller may take to say which nodes a channel is on"), Range(50, 60_000)]
    public int TimeoutMs { get; set; } = 1000;

    public TimeSpan Timeout => TimeSpan.FromMilliseconds(TimeoutMs);

    public IEnumerable<string> Faults()
    {
        if (Controllers.Length == 0)
            yield return "CONTROLLER_ADDRESS is empty: give host:port of a controller.";
        foreach (var address in Controllers.Where(address => ServiceAddress.Parse(address) is null))
            yield return $"CONTROLLER_ADDRESS = '{address}' is not host:port or http://host:port.";
    }
}
