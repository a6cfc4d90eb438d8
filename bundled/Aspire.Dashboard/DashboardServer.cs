using Aspire.Dashboard.Otlp;
using Aspire.Dashboard.Resources;
using Aspire.Dashboard.Telemetry;
using Aspire.Dashboard.Web;
using Microsoft.AspNetCore.Builder;

namespace Aspire.Dashboard;

/// <summary>The running dashboard: receives telemetry, shows it and the resources of its host.</summary>
public sealed class DashboardServer : IAsyncDisposable
{
    private readonly WebApplication _otlp;
    private readonly WebApplication _page;
    private readonly CancellationTokenSource _stopping = new();
    private readonly IDashboardResources _resources;
    private readonly DashboardContext _dashboard;
    private Task _measuring = Task.CompletedTask;
    private bool _disposed;

    private DashboardServer(DashboardOptions options, IDashboardResources resources)
    {
        var changes = new ChangeFeed();
        var token = options.LoginToken is { Length: > 0 } chosen ? chosen : Secrets.New();
        _resources = resources;
        _dashboard = new DashboardContext(
            resources, new TelemetryStore(options, changes), new ProcessUsage(resources, TimeProvider.System), changes, TimeProvider.System);
        _otlp = OtlpHost.Build(options, _dashboard.Telemetry);
        _page = PageHost.Build(options.Port, token, _dashboard);
        LoginUrl = new Uri($"http://localhost:{options.Port}/login?t={Uri.EscapeDataString(token)}");
    }

    /// <summary>The page, with the token that opens it.</summary>
    public Uri LoginUrl { get; private set; }

    /// <summary>For OTEL_EXPORTER_OTLP_ENDPOINT with OTEL_EXPORTER_OTLP_PROTOCOL=grpc.</summary>
    public Uri OtlpGrpcEndpoint { get; private set; } = null!;

    /// <summary>For OTEL_EXPORTER_OTLP_ENDPOINT with OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.</summary>
    public Uri OtlpHttpEndpoint { get; private set; } = null!;

    internal TelemetryStore Telemetry => _dashboard.Telemetry;

    /// <exception cref="IOException">A port is taken; the message names it.</exception>
    public static async Task<DashboardServer> StartAsync(
        DashboardOptions options, IDashboardResources resources, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(resources);
        var server = new DashboardServer(options, resources);
        try
        {
            await server.StartAsync(ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;

        _resources.Changed -= OnResourcesChanged;
        await _stopping.CancelAsync();
        await _measuring.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_page.StopAsync(), _otlp.StopAsync());
        await _page.DisposeAsync();
        await _otlp.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await LocalHost.StartAsync(_otlp, "The dashboard's door for telemetry", cancellationToken);
        await LocalHost.StartAsync(_page, "The dashboard", cancellationToken);

        var doors = LocalHost.Addresses(_otlp);
        (OtlpGrpcEndpoint, OtlpHttpEndpoint) = (doors[0], doors[1]);
        LoginUrl = new UriBuilder(LoginUrl) { Port = LocalHost.Addresses(_page)[0].Port }.Uri;
        _resources.Changed += OnResourcesChanged;
        _measuring = _dashboard.Usage.RunAsync(OnResourcesChanged, _stopping.Token);
    }

    private void OnResourcesChanged() => _dashboard.Changes.Raise(Topic.Resources);
}
