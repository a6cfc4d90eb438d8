using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.ConnectNode.Upstream;

/// <summary>Whether the business side gets a copy of what clients publish.</summary>
internal sealed class LogicForwardOptions
{
    public const string Section = "LogicForward";

    [Setting("LOGIC_FORWARD", "Gives each text that a client publishes to POST /logic/send too")]
    public bool On { get; set; }

    [Setting("LOGIC_ADDRESS", "The business server, where LOGIC_FORWARD is on"), Required]
    public Uri Address { get; set; } = new("http://localhost:8090");

    [Setting("LOGIC_FORWARD_QUEUE", "Messages that wait for the business server before further ones are dropped"), Range(1, 1_000_000)]
    public int Queue { get; set; } = 10_000;

    [Setting("LOGIC_FORWARD_TIMEOUT_MS", "Milliseconds that the business server may take for a request"), Range(50, 60_000)]
    public int TimeoutMs { get; set; } = 2000;
}
