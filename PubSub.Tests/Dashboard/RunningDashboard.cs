using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Dashboard;

namespace PubSub.Tests.Dashboard;

/// <summary>A dashboard on free ports, and a client that is allowed to ask its API.</summary>
internal sealed class RunningDashboard : IAsyncDisposable
{
    public const string Token = "let-me-in";

    private RunningDashboard(DashboardServer server, FakeResources resources)
    {
        Server = server;
        Resources = resources;
        Address = new UriBuilder(server.LoginUrl) { Host = "127.0.0.1", Path = "/", Query = "" }.Uri;
        Api = new HttpClient { BaseAddress = Address };
        Api.DefaultRequestHeaders.Add("x-dashboard-token", Token);
    }

    public DashboardServer Server { get; }

    public FakeResources Resources { get; }

    public Uri Address { get; }

    /// <summary>The link as printed, with the address instead of the name.</summary>
    public Uri Login => new UriBuilder(Server.LoginUrl) { Host = "127.0.0.1" }.Uri;

    public HttpClient Api { get; }

    public static async Task<RunningDashboard> StartAsync(DashboardOptions? options = null)
    {
        var resources = new FakeResources();
        var server = await DashboardServer.StartAsync(
            (options ?? new DashboardOptions()) with { Port = 0, OtlpGrpcPort = 0, OtlpHttpPort = 0, LoginToken = Token }, resources);
        return new RunningDashboard(server, resources);
    }

    public async Task<JsonElement> GetAsync(string path) => await Api.GetFromJsonAsync<JsonElement>(path);

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Server.DisposeAsync();
    }
}
