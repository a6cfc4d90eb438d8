namespace PubSub.ConnectNode.Sockets;

/// <summary>A request that nothing is wrong with.</summary>
internal sealed record WebSocketVisit(WebSocketHandshake Handshake, Caller Caller);
