using System.Net.WebSockets;

namespace PubSub.Client;

/// <summary>Who connects where, and how patient a <see cref="PubSubClient"/> is.</summary>
public sealed record PubSubClientOptions
{
    /// <summary>The WebSocket doors of nodes, for example ws://localhost:8080/ws. Any of them will do.</summary>
    public required IReadOnlyList<Uri> Nodes { get; init; }

    /// <summary>The user; left out where a <see cref="Token"/> names them.</summary>
    public string UserId { get; init; } = "";

    /// <summary>Shown to others; the user id where it is left out.</summary>
    public string UserName { get; init; } = "";

    /// <summary>Names this device of the user, whose place in the user's messages the services keep.</summary>
    public string DeviceId { get; init; } = "";

    /// <summary>Asked for a token before every attempt to connect. The token travels in a frame, not in the URL.</summary>
    public Func<CancellationToken, ValueTask<string>>? Token { get; init; }

    /// <summary>How frames are written.</summary>
    public FrameEncoding Encoding { get; init; } = FrameEncoding.Json;

    /// <summary>Where positions outlive the client; in memory unless given. One store for each user.</summary>
    public PositionStore Positions { get; init; } = new MemoryPositionStore();

    /// <summary>How long to wait before coming back.</summary>
    public ReconnectPolicy Reconnect { get; init; } = new();

    /// <summary>Messages that may wait for the app's handlers.</summary>
    public int InboxCapacity { get; init; } = 4096;

    /// <summary>What happens to the message that finds the inbox full.</summary>
    public SlowReaderVerdict WhenInboxIsFull { get; init; } = SlowReaderVerdict.Resume;

    /// <summary>An attempt that has not led to <c>connected</c> within this time is given up for the next.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A request fails when it has no answer within this time; reconnects and repeats are within it.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After this silence of the node it is asked for a sign of life; what the node says unless given.</summary>
    public TimeSpan? Heartbeat { get; init; }

    /// <summary>A node that was asked for a sign of life and stays silent for this time is given up.</summary>
    public TimeSpan PongTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The largest frame that is taken from a node.</summary>
    public int MaxFrameBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Sets up each socket: certificates, proxies, headers.</summary>
    public Action<ClientWebSocketOptions>? ConfigureSocket { get; init; }

    /// <summary>The clock of all waiting.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal void Check()
    {
        if (Nodes.Count == 0)
            throw new ArgumentException("Nodes is empty: give the address of at least one node, for example ws://localhost:8080/ws.");
        if (Nodes.FirstOrDefault(node => !node.IsAbsoluteUri || node.Scheme is not ("ws" or "wss")) is { } wrong)
            throw new ArgumentException($"{wrong} is no address of a node: give ws://host:port/ws or wss://host:port/ws.");
        if (UserId.Length == 0 && Token is null)
            throw new ArgumentException("Nobody is named: give UserId or Token.");
        if (InboxCapacity < 1)
            throw new ArgumentException("InboxCapacity is less than 1.");
    }
}
