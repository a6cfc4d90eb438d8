namespace PubSub.Tests.Infrastructure;

/// <summary>One redis-server for all tests of a collection; each test keeps to keys of its own.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private int _prefixes;

    internal RedisProcess Redis { get; private set; } = null!;

    /// <summary>A key prefix that no other test of the collection uses.</summary>
    public string NewPrefix() => $"t{Interlocked.Increment(ref _prefixes)}:";

    public async Task InitializeAsync() => Redis = await RedisProcess.StartAsync();

    public async Task DisposeAsync() => await Redis.DisposeAsync();
}

/// <summary>One etcd for all tests of a collection; each test keeps to keys of its own.</summary>
public sealed class EtcdFixture : IAsyncLifetime
{
    private int _prefixes;

    internal EtcdProcess Etcd { get; private set; } = null!;

    /// <summary>A key prefix that no other test of the collection uses.</summary>
    public string NewPrefix() => $"/t{Interlocked.Increment(ref _prefixes)}/";

    public async Task InitializeAsync() => Etcd = await EtcdProcess.StartAsync();

    public async Task DisposeAsync() => await Etcd.DisposeAsync();
}

/// <summary>For test classes that only need some Redis. Those that kill or pause it start their own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedRedis : ICollectionFixture<RedisFixture>
{
    public const string Name = "shared redis";
}

/// <summary>For test classes that only need some etcd. Those that kill or pause it start their own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedEtcd : ICollectionFixture<EtcdFixture>
{
    public const string Name = "shared etcd";
}
