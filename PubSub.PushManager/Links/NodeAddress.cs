namespace PubSub.PushManager.Links;

/// <summary>One life of one node, and where its gRPC door is.</summary>
internal sealed record NodeAddress(string Id, long Incarnation, Uri Address);
