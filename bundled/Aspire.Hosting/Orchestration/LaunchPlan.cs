using System.Diagnostics;

namespace Aspire.Hosting.Orchestration;

/// <summary>How a resource is started.</summary>
/// <param name="Start">The process; null where something else does the resource's work.</param>
/// <param name="Source">What is started, for people to read.</param>
internal sealed record LaunchPlan(ProcessStartInfo? Start, string Source)
{
    /// <summary>Runs as long as the resource does and cleans up after it; see <see cref="ContainerEngine"/>.</summary>
    public ProcessStartInfo? Undertaker { get; init; }

    /// <summary>Variables that the resource was given, with those marked that are secret.</summary>
    public IReadOnlyList<(string Name, string Value, bool IsSecret)> Variables { get; init; } = [];
}
