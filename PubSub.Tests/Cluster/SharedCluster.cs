using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>Three nodes, two push managers and two controllers for all tests that leave them as they are.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private int _names;

    private TestCluster? _cluster;

    internal TestCluster Cluster => _cluster!;

    /// <summary>A room or user that no other test of the collection uses.</summary>
    public string NewName(string kind) => $"{kind}-{Interlocked.Increment(ref _names)}";

    public async Task InitializeAsync() => _cluster = await TestCluster.StartAsync();

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }
}

/// <summary>For tests that kill, pause or restart nothing. Others start a cluster of their own.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SharedCluster : ICollectionFixture<ClusterFixture>
{
    public const string Name = "shared cluster";
}
