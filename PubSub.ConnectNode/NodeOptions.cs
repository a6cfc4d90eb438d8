using System.ComponentModel.DataAnnotations;
using PubSub.ConnectNode.Sessions;
using PubSub.Protocol.Frames;
using PubSub.ServiceDefaults;

namespace PubSub.ConnectNode;

/// <summary>What a node takes on, and how it finds the others.</summary>
internal sealed class NodeOptions
{
    public const string Section = "Node";

    [Setting("MAX_CONNECTIONS", "WebSocket connections this node takes; more are answered 503"), Range(1, 10_000_000)]
    public int MaxConnections { get; set; } = 100_000;

    [Setting("MAX_CONNECTS_PER_SECOND", "New connections per second; more are answered 503. 0: no limit"), Range(0, 10_000_000)]
    public int MaxConnectsPerSecond { get; set; }

    [Setting("MAX_FRAME_BYTES", "Largest message a client may send"), Range(1024, 16 * 1024 * 1024)]
    public int MaxFrameBytes { get; set; } = FrameLimits.DefaultMaxBytes;

    [Setting("MAX_ROOMS_PER_SESSION", "Rooms one connection may be in"), Range(1, 100_000)]
    public int MaxRoomsPerSession { get; set; } = 1000;

    [Setting("CREATE_ROOMS", "A client's join makes the room where it does not exist; false: rooms are made by CreateRoom only")]
    public bool CreateRooms { get; set; } = true;

    [Setting("MAX_REQUESTS_IN_FLIGHT", "Requests of one connection that may wait for their answers"), Range(1, 10_000)]
    public int MaxRequestsInFlight { get; set; } = 256;

    [Setting("HEARTBEAT_SECONDS", "A silent connection is pinged after this time and cut after twice of it"), Range(1, 3600)]
    public int HeartbeatSeconds { get; set; } = 15;

    [Setting("CONNECT_TIMEOUT_SECONDS", "Time for the connect frame, where the URL names no user"), Range(1, 300)]
    public int ConnectTimeoutSeconds { get; set; } = 10;

    [Setting("OUTBOX_MAX_BYTES", "Bytes that may wait for one slow reader before it is cut off"), Range(1024, 1024 * 1024 * 1024)]
    public int OutboxMaxBytes { get; set; } = 1024 * 1024;

    [Setting("OUTBOX_MAX_FRAMES", "Writes that may wait for one slow reader before it is cut off"), Range(1, 1_000_000)]
    public int OutboxMaxFrames { get; set; } = 8192;

    [Setting("OUTBOX_NODE_MAX_BYTES", "Memory that may be taken by what waits for slow readers, all together; the largest backlogs go first"), Range(65_536, 1_099_511_627_776)]
    public long OutboxNodeMaxBytes { get; set; } = 512L * 1024 * 1024;

    [Setting("OUTBOX_NODE_MAX_FRAMES", "Writes that may wait for slow readers, all together"), Range(1024, OutboxGauge.MostFrames)]
    public long OutboxNodeMaxFrames { get; set; } = 10_000_000;

    [Setting("DELIVERY_LANES", "Lanes that keep channels in order; more use more cores"), Range(1, 1024)]
    public int DeliveryLanes { get; set; } = 10;

    [Setting("GAP_WAIT_MS", "How long a missing offset may be late before it is read from the log"), Range(1, 10_000)]
    public int GapWaitMs { get; set; } = 5;

    [Setting("RESUME_MAX_MESSAGES", "Missed messages of a channel that a client which comes back may get; of more it gets the newest"), Range(1, 10_000_000)]
    public int ResumeMaxMessages { get; set; } = 10_000;

    [Setting("LEAN_SOCKETS", "On Linux, plaintext WebSockets are served past Kestrel, which costs a fraction; false: by Kestrel like all else")]
    public bool LeanSockets { get; set; } = true;

    [Setting("DEFLATE", "Messages go deflated to clients that offer permessage-deflate: fewer bytes for more CPU")]
    public bool Deflate { get; set; }

    [Setting("DEFLATE_MIN_BYTES", "Shorter messages are not deflated"), Range(1, 16 * 1024 * 1024)]
    public int DeflateMinBytes { get; set; } = 128;

    [Setting("STOP_SPREAD_MS", "On a stop, clients are told to come back within this time, each at another moment"), Range(0, 600_000)]
    public int StopSpreadMs { get; set; } = 2000;

    [Setting("ALLOWED_ORIGINS", "Origins of pages that may connect, with commas; empty: any")]
    public string AllowedOrigins { get; set; } = "";

    [Setting("TOKEN_KEY", "Key of the HS256 tokens that clients must show; empty: the user_id in the URL is believed", Secret = true)]
    public string TokenKey { get; set; } = "";

    public TimeSpan Heartbeat => TimeSpan.FromSeconds(HeartbeatSeconds);

    public IEnumerable<string> Faults()
    {
        if (TokenKey.Length is > 0 and < 32)
            yield return "TOKEN_KEY is shorter than 32 characters: take at least 32 random ones";
    }
}
