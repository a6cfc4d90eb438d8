namespace PubSub.Tests.Infrastructure;

internal sealed record RedisProcessOptions
{
    /// <summary>appendonly yes, appendfsync always: what was acknowledged is there after a kill.</summary>
    public bool AppendOnly { get; init; }

    public string? Password { get; init; }

    /// <summary>Cluster mode; <see cref="RedisCluster"/> makes several into one.</summary>
    public bool Cluster { get; init; }

    /// <summary>Further words of the command line, such as "--maxmemory", "10mb".</summary>
    public IReadOnlyList<string> MoreArguments { get; init; } = [];
}
