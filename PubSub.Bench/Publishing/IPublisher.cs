namespace PubSub.Bench.Publishing;

/// <summary>One message on its way to a stream's channel.</summary>
internal readonly record struct Outgoing(int Stream, uint Sequence, string Data);

/// <summary>How the load's messages get into a server.</summary>
internal interface IPublisher : IAsyncDisposable
{
    /// <summary>Returns when the server's transport has taken them; whether they arrive the deliveries tell.</summary>
    Task PublishAsync(IReadOnlyList<Outgoing> messages);
}
