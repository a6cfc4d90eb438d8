using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.AspNetCore.HealthChecks.Internal;

/// <summary>Carries each health report of the host over to the health service, and so to its watchers.</summary>
internal sealed partial class HealthStatusPublisher(
    HealthServiceImpl health,
    IOptions<GrpcHealthChecksOptions> options,
    ILogger<HealthStatusPublisher> logger) : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
        {
            var status = mapping.StatusIn(report).Status;
            health.SetStatus(mapping.Name, status);
            LogPublished(logger, mapping.Name, status);
        }

        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "gRPC health of service '{Service}' is {Status}.")]
    private static partial void LogPublished(ILogger logger, string service, ServingStatus status);
}
