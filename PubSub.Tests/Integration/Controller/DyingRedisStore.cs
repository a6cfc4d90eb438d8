using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PubSub.Controller.Redis;
using PubSub.Controller.Statistics;
using StackExchange.Redis;

namespace PubSub.Tests.Integration.Controller;

/// <summary>The process dies before one of its commands: that one and all later ones never reach Redis.</summary>
internal sealed class DyingRedisStore(
    IOptions<RedisOptions> options, ControllerMetrics metrics, TimeProvider time, ILogger<RedisStore> logger)
    : RedisStore(options, metrics, time, logger)
{
    private int _commandsLeft = int.MaxValue;

    public void DieAfter(int commands) => _commandsLeft = commands;

    public override Task<T> AskAsync<T>(string command, Func<IDatabase, Task<T>> ask) =>
        Interlocked.Decrement(ref _commandsLeft) < 0 ? throw new ProcessDiedException() : base.AskAsync(command, ask);
}

internal sealed class ProcessDiedException : Exception;
