namespace Grpc.AspNetCore.HealthChecks;

public sealed class GrpcHealthChecksOptions
{
    /// <summary>Which health checks make up which service name. The empty name stands for all of them.</summary>
    public ServiceMappingCollection Services { get; } = [];

    /// <summary>Answer with the last published report instead of running the checks for each question.</summary>
    public bool UseHealthChecksCache { get; set; }

    /// <summary>Leave watches open when the application stops; the server then waits for their callers.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}
