using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.BizServer.Logic;

internal sealed class LogicOptions
{
    public const string Section = "Logic";

    [Setting("PUSH_MANAGER_ADDRESS", "Push managers as host:port, several with commas; asked until etcd says which ones live")]
    [Required]
    public string[] PushManagers { get; set; } = ["localhost:50053"];

    [Setting("LOGIC_TIMEOUT_MS", "Milliseconds that publishing one request may take, retries included"), Range(100, 600_000)]
    public int TimeoutMs { get; set; } = 10_000;

    [Setting("LOGIC_MAX_MESSAGES", "Messages in one request"), Range(1, 1000)]
    public int MaxMessages { get; set; } = 100;

    public IEnumerable<string> Faults() => PushManagers
        .Where(address => PushAddress.Parse(address) is null)
        .Select(address => $"PUSH_MANAGER_ADDRESS = '{address}' is not host:port or http://host:port");
}
