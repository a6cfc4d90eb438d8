using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>What every <see cref="ResourceRun"/> works with.</summary>
internal sealed record RunServices(
    IServiceProvider Services,
    ResourceNotificationService Notifications,
    ResourceLoggerService Logs,
    IDistributedApplicationEventing Eventing,
    HealthCheckService HealthChecks,
    Launcher Launcher,
    TimeProvider Time,
    IProgress<string> Progress,
    Action<string> OnFailed,
    TimeSpan StartTimeout);
