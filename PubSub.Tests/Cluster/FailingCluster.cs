using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>A cluster whose processes tests may kill, pause and restart, as long as all of them run again afterwards.</summary>
public sealed class FailingClusterFixture : IAsyncLifetime
{
    private TestCluster? _cluster;
    private int _names;

    internal TestCluster Cluster => _cluster!;

    public string NewName(string kind) => $"{kind}-{Interlocked.Increment(ref _names)}";

    // Nodes notice by their heartbeats that the controllers have forgotten them.
    public async Task InitializeAsync() => _cluster = await TestCluster.StartAsync(
        settings: new Dictionary<string, string> { ["HEARTBEAT_SECONDS"] = "3", ["MISSED_HEARTBEATS"] = "20" });

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    internal async Task<PushReply> PushAsync(string channel, string text, int manager = 0)
    {
        var client = Cluster.PushManager(manager);
        var content = new Content { Data = text };
        return channel.StartsWith("user:", StringComparison.Ordinal)
            ? await client.PushToUserAsync(new PushToUserRequest { UserId = channel[5..], Content = content })
            : await client.PushToRoomAsync(new PushToRoomRequest { RoomId = channel[5..], Content = content });
    }
}

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FailingCluster : ICollectionFixture<FailingClusterFixture>
{
    public const string Name = "failing cluster";
}
