using System.Globalization;

namespace PubSub.Bench.Load;

/// <summary>Who a load client is: its number, and the stream of messages that it listens to.</summary>
/// <param name="Stream">Numbered from 0; each client gets the messages of exactly one stream.</param>
internal readonly record struct ClientPlan(int Index, int Stream);

/// <summary>How the servers differ on the wire, as far as the load has to know.</summary>
/// <param name="Path">Of the upgrade request.</param>
/// <param name="Hello">Frames behind the upgrade.</param>
/// <param name="Ready">What a frame holds that says "you are in"; empty: the upgrade's answer says so.</param>
/// <param name="Marker">What stands right before a message's text.</param>
internal sealed record Dialect(
    string Name, Func<ClientPlan, string> Path, Func<ClientPlan, IReadOnlyList<string>> Hello, byte[] Ready, byte[] Marker)
{
    /// <summary>Clients offer permessage-deflate.</summary>
    public bool Deflates { get; init; }

    /// <summary>A room for each stream.</summary>
    public static Dialect Rooms { get; } = new(
        "PubSub", static plan => $"/ws?user_id=u{plan.Index}&room_id={RoomOf(plan.Stream)}", static _ => [],
        "\"type\":\"joined\""u8.ToArray(), "\"data\":\""u8.ToArray());

    /// <summary>A user for each stream, and no room.</summary>
    public static Dialect Users { get; } = Rooms with
    {
        Path = static plan => $"/ws?user_id={UserOf(plan.Stream)}",
        Ready = "\"type\":\"connected\""u8.ToArray(),
    };

    /// <summary>The framework's own SignalR, JSON protocol over WebSockets; a group for each stream.</summary>
    public static Dialect SignalR { get; } = new(
        "SignalR", static _ => "/hub",
        static plan =>
        [
            "{\"protocol\":\"json\",\"version\":1}\u001e",
            $$"""{"type":1,"invocationId":"1","target":"Join","arguments":["{{RoomOf(plan.Stream)}}"]}""" + "\u001e",
        ],
        "\"type\":3"u8.ToArray(), "\"arguments\":[\""u8.ToArray());

    /// <summary>The plain loop; everybody gets everything.</summary>
    public static Dialect Plain { get; } = new("plain loop", static _ => "/", static _ => [], [], "\"data\":\""u8.ToArray());

    public static string RoomOf(int stream) => string.Create(CultureInfo.InvariantCulture, $"bench-{stream}");

    public static string UserOf(int stream) => string.Create(CultureInfo.InvariantCulture, $"bench-user-{stream}");
}
