namespace PubSub.Protocol.Outcomes;

/// <summary>What a client is told when its connection ends: the close code, the words, and whether to come back.</summary>
/// <param name="CloseCode">The WebSocket close code; 0 where no close frame is sent.</param>
/// <param name="Text">Short enough for a close frame (123 bytes).</param>
/// <param name="MayReconnect">False: the same connect would end the same way.</param>
/// <param name="RetryAfter">The least time to wait; clients add jitter.</param>
public sealed record DisconnectAdvice(int CloseCode, string Text, bool MayReconnect, TimeSpan RetryAfter)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(2);

    private static readonly DisconnectAdvice[] ByReason = Build();

    public static DisconnectAdvice For(DisconnectReason reason) => ByReason[(int)reason];

    private static DisconnectAdvice[] Build()
    {
        var table = new DisconnectAdvice[Enum.GetValues<DisconnectReason>().Length];

        Set(DisconnectReason.ClientClosed, 1000, "closed", true, Soon);
        Set(DisconnectReason.ConnectionLost, 0, "connection lost", true, Soon);
        Set(DisconnectReason.NodeStopping, 1001, "the node is stopping, connect again", true, Soon);
        Set(DisconnectReason.ProtocolError, 1002, "the frame breaks RFC 6455", false);
        Set(DisconnectReason.UnsupportedData, 1003, "this subprotocol does not take this kind of frame", false);
        Set(DisconnectReason.InvalidText, 1007, "a text frame is not valid UTF-8", false);
        Set(DisconnectReason.TooLarge, 1009, "the frame is larger than this node takes", false);
        Set(DisconnectReason.InternalError, 1011, "the node failed on this connection", true, Later);
        Set(DisconnectReason.SlowConsumer, 4001, "the client reads too slowly, connect again and resume", true, Soon);
        Set(DisconnectReason.HeartbeatTimeout, 4002, "no sign of life from the client", true, Soon);
        Set(DisconnectReason.NodeFenced, 4003, "the node lost its place in the cluster, connect again", true, Soon);
        Set(DisconnectReason.ConnectTimeout, 4005, "no connect frame in time", true, Later);
        Set(DisconnectReason.Unauthorized, 4500, "the token or user id was refused", false);
        Set(DisconnectReason.Kicked, 4501, "removed by an operator", false);
        Set(DisconnectReason.BadFrame, 4502, "the frame is not of this protocol", false);
        return table;

        void Set(DisconnectReason reason, int code, string text, bool mayReconnect, TimeSpan retryAfter = default) =>
            table[(int)reason] = new DisconnectAdvice(code, text, mayReconnect, retryAfter);
    }
}
