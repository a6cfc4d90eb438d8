using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.Testing;
using Microsoft.Playwright;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Business;
using static Microsoft.Playwright.Assertions;

namespace PubSub.Tests.Cluster;

/// <summary>What a newcomer does in the first minutes: two browsers, the command line, a look at the numbers.</summary>
[Collection(AppHostGraph.Name)]
public sealed class TheWholeGraphCarriesMessages(AppHostFixture graph, Browser browser) : IClassFixture<Browser>
{
    private static readonly LocatorAssertionsToBeVisibleOptions Patient = new() { Timeout = 40_000 };

    [Fact]
    public async Task Two_people_on_the_pages_of_two_nodes_talk()
    {
        var alice = await OpenAsync("connect-node-1", "page-alice");
        var bob = await OpenAsync("connect-node-2", "page-bob");

        await SayAsync(alice, "Hello from node 1");
        await Expect(Message(bob, "Hello from node 1")).ToBeVisibleAsync(Patient);
        await SayAsync(bob, "Hello from node 2");
        await Expect(Message(alice, "Hello from node 2")).ToBeVisibleAsync(Patient);

        await alice.Context.CloseAsync();
        await bob.Context.CloseAsync();
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task The_command_line_pushes_to_a_room_a_user_and_everybody()
    {
        await using var alice = await graph.ConnectAsync("connect-node-1", "cli-alice", "cli-room");
        await using var bob = await graph.ConnectAsync("connect-node-3", "cli-bob");

        await BizServerAsync("--action", "push-to-room", "--room", "cli-room", "--message", "Hello, room");
        await BizServerAsync("--action", "push-to-user", "--user", "cli-bob", "--message", "Hello, Bob");
        await BizServerAsync("--action", "broadcast", "--type", "SYSTEM", "--message", "Hello, all");

        await Task.WhenAll(alice.ForDeliveryAsync("Hello, all"), bob.ForDeliveryAsync("Hello, all"));
        Assert.Equal(["Hello, room", "Hello, all"], alice.Deliveries.Select(one => one.Data));
        Assert.Equal(["Hello, Bob", "Hello, all"], bob.Deliveries.Select(one => one.Data));
    }

    [Fact]
    public async Task The_command_line_shows_what_could_not_be_published()
    {
        using var bizServer = graph.App.CreateHttpClient("biz-server");
        using var answer = await bizServer.PostAsJsonAsync(
            "/logic/send", new { roomId = "nobody-was-ever-here", userId = "clerk", userName = "Clerk", messages = new[] { new { content = "lost?" } } });
        var accepted = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("push-log", accepted.GetProperty("path").GetString());
        var id = accepted.GetProperty("messageIds")[0].GetString()!;

        await Wait.UntilAsync(
            async () => (await BizServerAsync("--action", "dead-letters")).Contains(id, StringComparison.Ordinal), "the dead letter to be shown");
    }

    [Theory]
    [InlineData("controller", "controller_calls_total", "controller_rooms")]
    [InlineData(
        "push-manager", "push_manager_api_requests_total", "push_manager_api_duration_seconds_bucket", "push_manager_node_connections",
        "push_manager_push_success_total", "push_manager_push_failed_total", "grpc_calls_total")]
    [InlineData("connect-node-1", "connect_node_connections", "connect_node_deliveries_total", "connect_node_delivery_lag_seconds_bucket", "connect_node_outbox_bytes")]
    [InlineData("connect-node-2", "connect_node_connections", "connect_node_outbox_bytes")]
    [InlineData("connect-node-3", "connect_node_connections", "connect_node_outbox_bytes")]
    [InlineData("biz-server", "push_log_appends_total")]
    public async Task The_metrics_have_the_names_that_dashboards_know(string service, params string[] names)
    {
        await PushOnceOnEachWayAsync();
        using var http = graph.App.CreateHttpClient(service, "metrics");

        var page = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));

        var samples = page.Split('\n').Where(line => !line.StartsWith('#')).Select(line => line.Split('{', ' ')[0]).ToHashSet();
        Assert.All(names, name => Assert.Contains(name, samples));
    }

    private async Task PushOnceOnEachWayAsync()
    {
        await using var member = await graph.ConnectAsync("connect-node-1", "counted-member", "counted-room");
        using var bizServer = graph.App.CreateHttpClient("biz-server");
        using var stored = await bizServer.PostAsJsonAsync(
            "/logic/send", new { roomId = "counted-room", userId = "clerk", userName = "Clerk", messages = new[] { new { content = "counted" } } });
        using var pushManager = graph.App.CreateHttpClient("push-manager");
        using var refused = await pushManager.PostAsJsonAsync("/push/room/no-such-room", new { content = new { type = "TEXT", data = "x" } });
        await member.ForDeliveryAsync("counted");
    }

    /// <summary>What the command printed; it has to succeed.</summary>
    private async Task<string> BizServerAsync(params string[] arguments)
    {
        var environment = new Dictionary<string, string>
        {
            ["PUSH_MANAGER_ADDRESS"] = $"127.0.0.1:{graph.App.GetEndpoint("push-manager", "grpc").Port}",
            ["ConnectionStrings__redis"] = (await graph.App.GetConnectionStringAsync("redis"))!,
        };
        var result = await BizServerProgram.RunAsync("", environment, arguments);
        Assert.True(result.ExitCode == 0, $"{result.Output}{result.Errors}");
        return result.Output;
    }

    private async Task<IPage> OpenAsync(string node, string user)
    {
        var page = await browser.NewPageAsync();
        await page.GotoAsync($"http://127.0.0.1:{graph.App.GetEndpoint(node).Port}/");
        await page.Locator("#room").FillAsync("page-room");
        await page.Locator("#user").FillAsync(user);
        await page.Locator("#connect").ClickAsync();
        await Expect(page.Locator("#status")).ToHaveTextAsync($"{user} on {node}", new() { Timeout = 40_000 });
        await Expect(page.Locator("#messages .note").First).ToContainTextAsync("joined");
        return page;
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.Locator("#text").FillAsync(text);
        await page.Locator("#text").PressAsync("Enter");
    }

    private static ILocator Message(IPage page, string text) => page.Locator("#messages .bubble", new() { HasText = text });
}
