using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>The whole graph as the AppHost describes it, on free ports, started once for a class.</summary>
public sealed class AppHostFixture : IAsyncLifetime
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string[] All =
        ["redis", "etcd", "controller", "push-manager", "connect-node-1", "connect-node-2", "connect-node-3", "biz-server"];

    public DistributedApplication App { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.PubSub_AppHost>(
            [], (options, _) => options.DisableDashboard = false);
        App = await builder.BuildAsync();
        await App.StartAsync();
        using var deadline = new CancellationTokenSource(Patience);
        await Task.WhenAll(All.Select(name => App.ResourceNotifications.WaitForResourceHealthyAsync(name, deadline.Token)));
    }

    public async Task DisposeAsync() => await App.DisposeAsync();

    /// <summary>A client over a real WebSocket, at a node.</summary>
    internal Task<ClusterClient> ConnectAsync(string node, string user, string room = "") =>
        ClusterClient.ConnectAsync(new Uri($"ws://127.0.0.1:{App.GetEndpoint(node).Port}/ws"), user, room);

    internal async Task CommandAsync(string resource, string command)
    {
        var done = await Wait.ForAsync(App.ResourceCommands.ExecuteCommandAsync(resource, command), $"{resource} to {command}", Patience);
        Assert.True(done.Success, done.ErrorMessage);
    }

    internal CustomResourceSnapshot StateOf(string resource) =>
        App.ResourceNotifications.TryGetCurrentState(resource, out var known) ? known.Snapshot : throw new KeyNotFoundException(resource);
}

/// <summary>One graph for all classes that leave it as they found it.</summary>
[CollectionDefinition(Name)]
public sealed class AppHostGraph : ICollectionFixture<AppHostFixture>
{
    public const string Name = "app host graph";
}
