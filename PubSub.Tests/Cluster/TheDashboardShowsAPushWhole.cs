using System.Net.Http.Json;
using System.Text.Json;
using System.Web;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>What a backend hands in over HTTP is one trace up to the fan-out on each node, and the dashboard has it.</summary>
[Collection(AppHostGraph.Name)]
public sealed class TheDashboardShowsAPushWhole(AppHostFixture graph)
{
    [Fact]
    public async Task From_the_business_door_to_the_fan_out_of_two_nodes()
    {
        const string room = "traced-room";
        await using var alice = await graph.ConnectAsync("connect-node-1", "traced-alice", room);
        await using var bob = await graph.ConnectAsync("connect-node-3", "traced-bob", room);
        using var dashboard = Dashboard();
        using var bizServer = graph.App.CreateHttpClient("biz-server");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/logic/send")
        {
            Content = JsonContent.Create(new { roomId = room, userId = "clerk", userName = "Clerk", messages = new[] { new { content = "traced" } } }),
        };
        var traceId = Guid.NewGuid().ToString("N");
        request.Headers.Add("traceparent", $"00-{traceId}-00f067aa0ba902b7-01");

        using var answer = await bizServer.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        await Task.WhenAll(alice.ForDeliveryAsync("traced"), bob.ForDeliveryAsync("traced"));

        Shown[] spans = [];
        await Wait.UntilAsync(
            async () => Named(spans = await SpansAsync(dashboard, traceId), "fan-out").Count() == 2
                && Named(spans, "POST /logic/send").Any() && Named(spans, "job").Any() && Named(spans, "node").Count() == 2,
            "the dashboard to have the whole trace");

        var byId = spans.ToDictionary(span => span.Id);
        var root = Assert.Single(Named(spans, "POST /logic/send"));
        Assert.Equal("biz-server", root.Service);
        foreach (var fanout in Named(spans, "fan-out"))
        {
            Assert.Equal("connect-node", fanout.Service);
            var way = WayUp(fanout, byId).ToList();
            Assert.Equal("push-manager", way[1].Service);
            Assert.Equal(root, way[^1]);
        }

        foreach (var step in new[] { "append", "resolve" })
            Assert.Equal(root, WayUp(Assert.Single(Named(spans, step)), byId).Last());
        var found = await dashboard.GetFromJsonAsync<JsonElement>($"/api/traces?q={traceId}");
        Assert.Equal(spans.Length, Assert.Single(found.GetProperty("traces").EnumerateArray()).GetProperty("spans").GetInt32());
    }

    private static IEnumerable<Shown> Named(Shown[] spans, string name) =>
        spans.Where(span => span.Name.EndsWith(name, StringComparison.Ordinal));

    private static IEnumerable<Shown> WayUp(Shown span, Dictionary<string, Shown> byId)
    {
        for (var at = span; at is not null; at = at.ParentId is { } parent ? byId.GetValueOrDefault(parent) : null)
            yield return at;
    }

    private static async Task<Shown[]> SpansAsync(HttpClient dashboard, string traceId)
    {
        using var answer = await dashboard.GetAsync(new Uri($"/api/traces/{traceId}", UriKind.Relative));
        if (!answer.IsSuccessStatusCode)
            return [];
        var trace = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var sources = trace.GetProperty("sources");
        return [.. trace.GetProperty("spans").EnumerateArray().Select(span => new Shown(
            span.GetProperty("id").GetString()!,
            span.GetProperty("parentId").GetString(),
            span.GetProperty("name").GetString()!,
            sources[span.GetProperty("source").GetInt32()].GetProperty("service").GetString()!))];
    }

    private HttpClient Dashboard()
    {
        var login = graph.App.Services.GetRequiredService<DashboardHost>().LoginUrl!;
        var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{login.Port}") };
        client.DefaultRequestHeaders.Add("x-dashboard-token", HttpUtility.ParseQueryString(login.Query)["t"]);
        return client;
    }

    private sealed record Shown(string Id, string? ParentId, string Name, string Service);
}
