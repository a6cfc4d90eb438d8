using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>A service name and the health checks that decide its status.</summary>
public sealed class ServiceMapping
{
    [Obsolete("Use ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate).")]
    public ServiceMapping(string name, Func<HealthResult, bool> predicate)
    {
        Name = name;
        Predicate = predicate;
    }

    public ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        Name = name;
        HealthCheckPredicate = predicate;
    }

    public string Name { get; }

    public Func<HealthCheckMapContext, bool>? HealthCheckPredicate { get; }

    [Obsolete("Use HealthCheckPredicate.")]
    public Func<HealthResult, bool>? Predicate { get; }

    internal bool Covers(string check, IEnumerable<string> tags) =>
        HealthCheckPredicate?.Invoke(new HealthCheckMapContext(check, tags)) ?? true;

    /// <summary>Not serving if any check of this service is unhealthy, unknown if there are none.</summary>
    internal HealthCheckResponse StatusIn(HealthReport report)
    {
        var status = ServingStatus.Unknown;
        foreach (var (check, entry) in report.Entries)
        {
            if (!Counts(check, entry))
            {
                continue;
            }

            if (entry.Status == HealthStatus.Unhealthy)
            {
                return new HealthCheckResponse { Status = ServingStatus.NotServing };
            }

            status = ServingStatus.Serving;
        }

        return new HealthCheckResponse { Status = status };
    }

    private bool Counts(string check, HealthReportEntry entry)
    {
#pragma warning disable CS0618 // Obsolete in the package too, and honoured there
        var accepted = Predicate?.Invoke(new HealthResult(
            check, entry.Tags, entry.Status, entry.Description, entry.Duration, entry.Exception, entry.Data)) ?? true;
#pragma warning restore CS0618
        return accepted && Covers(check, entry.Tags);
    }
}
