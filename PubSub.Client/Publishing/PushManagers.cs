using Grpc.Net.Client;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.Client.Publishing;

/// <summary>The push managers to choose from. All nodes choose one for a channel in the same way, so that it has one writer.</summary>
internal sealed class PushManagers : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Uri, GrpcChannel> _channels = [];
    private PushManagerService.PushManagerServiceClient[] _clients = [];

    public void Set(IEnumerable<Uri> addresses)
    {
        lock (_lock)
        {
            var wanted = addresses.Distinct().OrderBy(address => address.AbsoluteUri, StringComparer.Ordinal).ToList();
            foreach (var gone in _channels.Keys.Except(wanted).ToList())
            {
                _channels.Remove(gone, out var channel);
                channel!.Dispose();
            }

            _clients = [.. wanted.Select(address => new PushManagerService.PushManagerServiceClient(OpenLocked(address)))];
        }
    }

    /// <param name="channel">The channel that is pushed to.</param>
    /// <param name="attempt">From 0: every further attempt is at the next push manager.</param>
    public PushManagerService.PushManagerServiceClient? Choose(string channel, int attempt)
    {
        var clients = Volatile.Read(ref _clients);
        return clients.Length == 0 ? null : clients[(LaneHash.Lane(channel, clients.Length) + attempt) % clients.Length];
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var channel in _channels.Values)
                channel.Dispose();
            _channels.Clear();
        }
    }

    private GrpcChannel OpenLocked(Uri address)
    {
        if (!_channels.TryGetValue(address, out var channel))
        {
            _channels[address] = channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
            {
                HttpHandler = new SocketsHttpHandler
                {
                    ConnectTimeout = TimeSpan.FromSeconds(2),
                    KeepAlivePingDelay = TimeSpan.FromSeconds(10),
                    KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                    EnableMultipleHttp2Connections = true,
                },
                DisposeHttpClient = true,
            });
        }

        return channel;
    }
}
