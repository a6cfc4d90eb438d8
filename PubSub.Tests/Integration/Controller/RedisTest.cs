using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Controller;

/// <summary>
/// A test over the shared Redis, emptied before it: what a controller keeps there are figures of the whole, so tests
/// cannot share a database side by side.
/// </summary>
public abstract class RedisTest(RedisFixture fixture) : IAsyncLifetime
{
    internal RedisProcess Redis => fixture.Redis;

    public virtual Task InitializeAsync() => Redis.CommandAsync("FLUSHALL");

    public virtual Task DisposeAsync() => Task.CompletedTask;

    internal ControllerCore NewController(Action<PubSub.Controller.Nodes.NodeOptions>? setNodes = null) =>
        new(Redis.Endpoint, setNodes);

    internal async Task<long> KeyCountAsync() => (long)(await Redis.CommandAsync("DBSIZE"))!;

    internal async Task<string[]> KeysAsync(string pattern) =>
        [.. ((object?[])(await Redis.CommandAsync("KEYS", pattern))!).Select(key => (string)key!).Order(StringComparer.Ordinal)];
}
