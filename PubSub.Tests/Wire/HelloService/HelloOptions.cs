using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.Tests.Wire.HelloService;

internal sealed class HelloOptions
{
    [Setting("HELLO_PEER", "Address of another one, to which greetings are passed on")]
    public Uri? Peer { get; set; }

    [Setting("HELLO_SALUTATION", "Word before the name"), Required, MaxLength(20, ErrorMessage = "has more than 20 characters")]
    public string Salutation { get; set; } = "hello";

    [Setting("HELLO_REDIS", "host:port where greetings are counted")]
    public string? Redis { get; set; }

    [Setting("HELLO_PASSWORD", "Nobody asks for it", Secret = true)]
    public string? Password { get; set; }

    [Setting("HELLO_LIMIT", "Greetings at once"), Range(1, 100)]
    public int Limit { get; set; } = 10;
}
