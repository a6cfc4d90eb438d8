using Aspire.Dashboard;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>Starts the dashboard, unless the run has none, and takes the place of containers that look at telemetry.</summary>
internal sealed class DashboardHost(
    IConfiguration configuration, DistributedApplicationOptions options) : IAsyncDisposable
{
    private DashboardServer? _server;
    private DashboardResources? _resources;

    public bool IsRunning => _server is not null;

    public Uri? LoginUrl => _server?.LoginUrl;

    public async Task StartAsync(Orchestrator orchestrator, CancellationToken cancellationToken)
    {
        if (options.DisableDashboard)
            return;

        var wanted = new DashboardOptions
        {
            Port = PortOf("ASPNETCORE_URLS", 18888),
            OtlpGrpcPort = PortOf("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", 4317),
            OtlpHttpPort = PortOf("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL", 4318),
            LoginToken = configuration["AppHost:BrowserToken"],
        };
        _resources = new DashboardResources(orchestrator);
        try
        {
            _server = await DashboardServer.StartAsync(wanted, _resources, cancellationToken);
        }
        catch (IOException e)
        {
            throw new DistributedApplicationException(
                $"The dashboard cannot listen: {e.Message} It wants the ports {wanted.Port} (ASPNETCORE_URLS), {wanted.OtlpGrpcPort} "
                + $"(ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL) and {wanted.OtlpHttpPort} (ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL). "
                + $"End what is in the way (another run of this app host?), or take free ports everywhere with --{Ports.RandomKey}=true", e);
        }

        configuration["AppHost:OtlpEndpoint"] = _server.OtlpGrpcEndpoint.ToString().TrimEnd('/');
    }

    /// <summary>Its endpoints become the dashboard's, so that who sends there or looks there finds what it seeks.</summary>
    public void StandInFor(IResource resource)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var place = endpoint.TargetPort switch
            {
                4317 => _server?.OtlpGrpcEndpoint,
                4318 => _server?.OtlpHttpEndpoint,
                _ => _server?.LoginUrl,
            };
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", place?.Port ?? Ports.Free());
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Stopped first, by the orchestrator, and disposed of later, by the container.
        if (_server is { } server)
            await server.DisposeAsync();
        _resources?.Dispose();
        (_server, _resources) = (null, null);
    }

    private int PortOf(string key, int standard) =>
        Ports.AreRandom(configuration) ? 0
        : Uri.TryCreate(configuration[key]?.Split(';')[0], UriKind.Absolute, out var address) ? address.Port : standard;
}
