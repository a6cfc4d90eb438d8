namespace Grpc.AspNetCore.HealthChecks;

/// <summary>A registered health check, for a predicate that assigns it to services.</summary>
public sealed class HealthCheckMapContext
{
    public HealthCheckMapContext(string name, IEnumerable<string> tags)
    {
        Name = name;
        Tags = tags;
    }

    public string Name { get; }

    public IEnumerable<string> Tags { get; }
}
