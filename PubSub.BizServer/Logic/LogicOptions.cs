using System.ComponentModel.DataAnnotations;
using PubSub.Membership;
using PubSub.ServiceDefaults;

namespace PubSub.BizServer.Logic;

internal sealed class LogicOptions
{
    public const string Section = "Logic";

    [Setting("LOGIC_PATH", "Where POST /logic/send puts messages: into the durable push log, or straight to a push manager")]
    [AllowedValues(PushLogPath.PathName, DirectPath.PathName)]
    public string Path { get; set; } = PushLogPath.PathName;

    [Setting("PUSH_MANAGER_ADDRESS", "Push managers as host:port, several with commas; asked until etcd says which ones live")]
    [Required]
    public string[] PushManagers { get; set; } = ["localhost:50053"];

    [Setting("LOGIC_TIMEOUT_MS", "Milliseconds that publishing one request may take, retries included"), Range(100, 600_000)]
    public int TimeoutMs { get; set; } = 10_000;

    [Setting("LOGIC_MAX_MESSAGES", "Messages in one request"), Range(1, 1000)]
    public int MaxMessages { get; set; } = 100;

    // The push manager's own limit; behind the push log nobody is left to hear that a message was too large.
    [Setting("LOGIC_MAX_CONTENT_BYTES", "Largest content of a message"), Range(1, 2_097_152)]
    public int MaxContentBytes { get; set; } = 262_144;

    public IEnumerable<string> Faults() => PushManagers
        .Where(address => ServiceAddress.Parse(address) is null)
        .Select(address => $"PUSH_MANAGER_ADDRESS = '{address}' is not host:port or http://host:port");
}
