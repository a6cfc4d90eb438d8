using Aspire.Dashboard.Resources;
using Aspire.Dashboard.Telemetry;

namespace Aspire.Dashboard.Web;

/// <summary>What the API shows.</summary>
internal sealed record DashboardContext(
    IDashboardResources Resources, TelemetryStore Telemetry, ProcessUsage Usage, ChangeFeed Changes, TimeProvider Time);
