namespace Aspire.Dashboard;

/// <summary>What the dashboard shows of the host that runs the resources, and may ask of it.</summary>
public interface IDashboardResources
{
    /// <summary>Name of the application, for the page's title.</summary>
    string ApplicationName { get; }

    /// <summary>All resources as they are now, in the order of the application model.</summary>
    IReadOnlyList<DashboardResource> Snapshot();

    /// <summary>Raised after any resource changed. Handlers return at once.</summary>
    event Action? Changed;

    /// <summary>What a resource printed and prints: first what is kept of it, then live, until cancelled.</summary>
    IAsyncEnumerable<DashboardLogLine> LogsAsync(string resource, CancellationToken cancellationToken);

    /// <summary>Runs one of the resource's commands; null if it worked, else one sentence that says why not.</summary>
    Task<string?> RunCommandAsync(string resource, string command, CancellationToken cancellationToken);
}

/// <summary>One resource at one moment.</summary>
/// <param name="Name">Its name, unique in the application.</param>
/// <param name="Kind">Project, Container, Executable or Parameter.</param>
/// <param name="State">Starting, Waiting, Running, Stopping, Exited, Finished, FailedToStart or RuntimeUnhealthy.</param>
/// <param name="Health">Healthy, Unhealthy, or null while nothing is known.</param>
/// <param name="HealthText">Why it is not healthy.</param>
/// <param name="ProcessId">Of its process, for processor time and memory, which the dashboard reads itself.</param>
/// <param name="StartedAt">When its process started.</param>
/// <param name="Restarts">How often it was started again.</param>
/// <param name="ExitCode">Of a process that ended.</param>
/// <param name="Source">Project file, image or program.</param>
/// <param name="Endpoints">Its endpoints.</param>
/// <param name="Environment">Its environment; secrets are marked.</param>
/// <param name="Commands">What can be asked of it now: start, stop, restart.</param>
/// <param name="TelemetryName">Service name that its telemetry carries, if it sends any.</param>
public sealed record DashboardResource(
    string Name,
    string Kind,
    string State,
    string? Health,
    string? HealthText,
    int? ProcessId,
    DateTimeOffset? StartedAt,
    int Restarts,
    int? ExitCode,
    string Source,
    IReadOnlyList<DashboardEndpoint> Endpoints,
    IReadOnlyList<DashboardVariable> Environment,
    IReadOnlyList<string> Commands,
    string? TelemetryName);

/// <summary>An endpoint; a link where the scheme is http or https.</summary>
public sealed record DashboardEndpoint(string Name, string Url);

/// <summary>A variable of a resource's environment.</summary>
public sealed record DashboardVariable(string Name, string Value, bool IsSecret);

/// <summary>One line that a resource printed.</summary>
public sealed record DashboardLogLine(long Number, DateTimeOffset At, string Text, bool IsError);

/// <summary>Where the dashboard listens. Port 0 takes a free one.</summary>
public sealed record DashboardOptions
{
    public int Port { get; init; } = 18888;

    public int OtlpGrpcPort { get; init; } = 4317;

    public int OtlpHttpPort { get; init; } = 4318;

    /// <summary>Token of the login link; null makes one.</summary>
    public string? LoginToken { get; init; }

    /// <summary>Key that telemetry must carry as <c>x-otlp-api-key</c>; null takes telemetry from everybody on this machine.</summary>
    public string? OtlpApiKey { get; init; }

    /// <summary>Spans that are kept; the oldest traces go first.</summary>
    public int MaxSpans { get; init; } = 100_000;

    /// <summary>Log records that are kept.</summary>
    public int MaxLogs { get; init; } = 20_000;

    /// <summary>Series of metrics that are kept.</summary>
    public int MaxSeries { get; init; } = 4_000;
}
