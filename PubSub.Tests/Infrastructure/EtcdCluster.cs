using PubSub.LocalTools;

namespace PubSub.Tests.Infrastructure;

/// <summary>Three etcd processes that form one cluster: for fail-over between endpoints.</summary>
internal sealed class EtcdCluster : IAsyncDisposable
{
    private const int Size = 3;

    private readonly List<EtcdProcess> _members = [];

    private EtcdCluster()
    {
    }

    public IReadOnlyList<EtcdProcess> Members => _members;

    /// <summary>All endpoints, comma-separated, as ETCD_ENDPOINTS wants them.</summary>
    public string Endpoints => string.Join(',', _members.Select(member => member.Endpoint));

    public static async Task<EtcdCluster> StartAsync()
    {
        var tool = await LocalTool.Etcd.LocateAsync();
        var cluster = new EtcdCluster();
        for (var i = 1; i <= Size; i++)
            cluster._members.Add(new EtcdProcess(tool, $"etcd-{i}"));
        var membership = string.Join(',', cluster._members.Select(member => member.Membership));
        try
        {
            // None is healthy before two are there, so all start at once.
            await Task.WhenAll(cluster._members.Select(member =>
            {
                member.InitialCluster = membership;
                return member.StartProcessAsync();
            }));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
            await member.DisposeAsync();
    }
}
