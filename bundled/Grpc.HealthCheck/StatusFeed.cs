using System.Threading.Channels;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.HealthCheck;

/// <summary>
/// The changes that one watcher has yet to be told. A slow watcher loses the oldest ones: only the latest matter.
/// </summary>
internal sealed class StatusFeed
{
    private const int Capacity = 5;

    private readonly Channel<ServingStatus> _pending = Channel.CreateBounded<ServingStatus>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public void Offer(ServingStatus status) => _pending.Writer.TryWrite(status);

    public IAsyncEnumerable<ServingStatus> ReadAll(CancellationToken cancellationToken) =>
        _pending.Reader.ReadAllAsync(cancellationToken);
}
