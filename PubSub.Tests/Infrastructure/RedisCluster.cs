using System.Globalization;

namespace PubSub.Tests.Infrastructure;

/// <summary>Three redis-server processes in cluster mode; each owns a third of the 16384 slots.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Size = 3;
    private const int Slots = 16_384;

    private readonly List<RedisProcess> _nodes = [];

    private RedisCluster()
    {
    }

    public IReadOnlyList<RedisProcess> Nodes => _nodes;

    /// <summary>All endpoints, comma-separated, as connection strings want them.</summary>
    public string Endpoints => string.Join(',', _nodes.Select(node => node.Endpoint));

    public static async Task<RedisCluster> StartAsync(RedisProcessOptions? options = null)
    {
        var cluster = new RedisCluster();
        try
        {
            for (var i = 0; i < Size; i++)
                cluster._nodes.Add(await RedisProcess.StartAsync((options ?? new RedisProcessOptions()) with { Cluster = true }));
            await cluster.FormAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The node that owns a key's slot.</summary>
    public async Task<RedisProcess> OwnerOfAsync(string key)
    {
        var slot = (long)(await _nodes[0].CommandAsync("CLUSTER", "KEYSLOT", key))!;
        return _nodes[(int)(slot * Size / Slots)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    private async Task FormAsync()
    {
        for (var i = 0; i < Size; i++)
        {
            var (first, last) = (FirstSlot(i), FirstSlot(i + 1) - 1);
            await _nodes[i].CommandAsync("CLUSTER", "ADDSLOTSRANGE", Text(first), Text(last));
        }

        foreach (var other in _nodes.Skip(1))
            await _nodes[0].CommandAsync("CLUSTER", "MEET", "127.0.0.1", Text(other.Port), Text(other.ClusterPort));

        foreach (var node in _nodes)
            await Wait.UntilAsync(() => IsWholeAsync(node), $"node {node.Endpoint} to see the whole cluster");
    }

    private static async Task<bool> IsWholeAsync(RedisProcess node)
    {
        var info = (string)(await node.CommandAsync("CLUSTER", "INFO"))!;
        return info.Contains("cluster_state:ok", StringComparison.Ordinal)
            && info.Contains($"cluster_size:{Size}", StringComparison.Ordinal)
            && info.Contains($"cluster_known_nodes:{Size}", StringComparison.Ordinal);
    }

    // Rounded up, so that slot * Size / Slots names the owner.
    private static int FirstSlot(int node) => (node * Slots + Size - 1) / Size;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
