namespace Aspire.StackExchange.Redis;

/// <summary>How a service gets its connection to Redis, as far as that is not in the connection string.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>Where Redis is, in the notation of StackExchange.Redis.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>No health check of the connection.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>No spans of commands. There are none here either way; bundled/README.md.</summary>
    public bool DisableTracing { get; set; }
}
