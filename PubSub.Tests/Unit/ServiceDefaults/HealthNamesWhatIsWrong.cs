using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using PubSub.ServiceDefaults;

namespace PubSub.Tests.Unit.ServiceDefaults;

public sealed class HealthNamesWhatIsWrong
{
    [Fact]
    public async Task Unready_answer_names_the_check_that_failed_and_why_and_the_process_stays_alive()
    {
        await using var app = await StartAsync(checks => checks
            .AddCheck("redis", () => HealthCheckResult.Unhealthy("no answer from localhost:6379"))
            .AddCheck("etcd", () => throw new InvalidOperationException("lease lost"))
            .AddCheck("kafka", () => HealthCheckResult.Healthy()));

        var (status, health) = await GetAsync(app, "/health");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("Unhealthy", health.GetProperty("status").GetString());
        var checks = health.GetProperty("checks");
        Assert.Equal("no answer from localhost:6379", checks.GetProperty("redis").GetProperty("description").GetString());
        Assert.Equal("lease lost", checks.GetProperty("etcd").GetProperty("description").GetString());
        Assert.Equal("Healthy", checks.GetProperty("kafka").GetProperty("status").GetString());
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(app, "/alive")).Status);
    }

    [Fact]
    public async Task Degraded_still_takes_traffic()
    {
        await using var app = await StartAsync(checks => checks.AddCheck("lag", () => HealthCheckResult.Degraded("slow")));

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(app, "/health")).Status);
    }

    [Fact]
    public async Task Check_with_the_live_tag_decides_on_alive_too()
    {
        await using var app = await StartAsync(checks => checks.AddCheck("lanes", () => HealthCheckResult.Unhealthy("stuck"), ["live"]));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(app, "/alive")).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Check_that_hangs_is_unhealthy_after_its_time(bool isTold)
    {
        await using var app = await StartAsync(checks => checks.AddAsyncCheck("stuck", async cancelled =>
        {
            await Task.Delay(Timeout.Infinite, isTold ? cancelled : CancellationToken.None);
            return HealthCheckResult.Healthy();
        }));

        var (status, health) = await GetAsync(app, "/health");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("Unhealthy", health.GetProperty("checks").GetProperty("stuck").GetProperty("status").GetString());
    }

    private static async Task<WebApplication> StartAsync(Action<IHealthChecksBuilder> add)
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults("health", service => service.HttpPort = 0);
        builder.Logging.ClearProviders();
        add(builder.Services.AddHealthChecks());
        var app = builder.Build();
        app.MapDefaultEndpoints();
        await app.StartAsync();
        return app;
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(WebApplication app, string path)
    {
        using var http = new HttpClient();
        var port = app.Services.GetRequiredService<ServicePorts>().Http;
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}{path}"));
        return (answer.StatusCode, JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()));
    }
}
