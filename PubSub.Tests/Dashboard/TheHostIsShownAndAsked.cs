using System.Net;
using System.Text.Json;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Dashboard;

/// <summary>The API over the resources of the host.</summary>
public sealed class TheHostIsShownAndAsked : IAsyncLifetime
{
    private RunningDashboard _dashboard = null!;

    public async Task InitializeAsync() => _dashboard = await RunningDashboard.StartAsync();

    public async Task DisposeAsync() => await _dashboard.DisposeAsync();

    [Fact]
    public async Task Resources_come_with_what_their_process_uses()
    {
        _dashboard.Resources.Set(FakeResources.Running("node") with { ProcessId = Environment.ProcessId }, FakeResources.Running("redis"));

        JsonElement Resource(JsonElement answer, int index) => answer.GetProperty("resources")[index];
        await Wait.UntilAsync(
            async () => Resource(await _dashboard.GetAsync("api/resources"), 0).GetProperty("usage") is { ValueKind: JsonValueKind.Object } usage
                && usage.GetProperty("cpu").GetArrayLength() > 0,
            "a second reading of the process");

        var answer = await _dashboard.GetAsync("api/resources");
        Assert.Equal("PubSub.AppHost", answer.GetProperty("application").GetString());
        Assert.True(Resource(answer, 0).GetProperty("usage").GetProperty("memory")[0].GetInt64() > 10_000_000);
        Assert.Equal(JsonValueKind.Null, Resource(answer, 1).GetProperty("usage").ValueKind);
        Assert.Equal(["stop", "restart"], Resource(answer, 1).GetProperty("commands").EnumerateArray().Select(command => command.GetString()));
    }

    [Fact]
    public async Task Secrets_are_sent_only_to_who_asks_for_them()
    {
        _dashboard.Resources.Set(FakeResources.Running("node"));

        var list = await _dashboard.Api.GetStringAsync("api/resources");
        var hidden = await _dashboard.Api.GetStringAsync("api/resources/node/environment");
        var shown = await _dashboard.Api.GetStringAsync("api/resources/node/environment?reveal=1");

        Assert.DoesNotContain("s3cret", list + hidden, StringComparison.Ordinal);
        Assert.Contains("NODE_ID", hidden, StringComparison.Ordinal);
        Assert.Contains("s3cret", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_is_passed_on_and_its_fault_comes_back()
    {
        _dashboard.Resources.Set(FakeResources.Running("node"));
        _dashboard.Resources.OnCommand = (_, command) => command == "restart" ? "node did not stop within 10 s." : null;

        using var stopped = await _dashboard.Api.PostAsync("api/resources/node/commands/stop", null);
        using var restarted = await _dashboard.Api.PostAsync("api/resources/node/commands/restart", null);
        using var started = await _dashboard.Api.PostAsync("api/resources/node/commands/start", null);
        using var unknown = await _dashboard.Api.PostAsync("api/resources/nobody/commands/stop", null);

        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.Conflict, HttpStatusCode.Conflict, HttpStatusCode.NotFound],
            [stopped.StatusCode, restarted.StatusCode, started.StatusCode, unknown.StatusCode]);
        Assert.Contains("node did not stop within 10 s.", await restarted.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(["stop node", "restart node"], _dashboard.Resources.Commands);
    }

    [Fact]
    public async Task Console_lines_come_first_as_kept_and_then_live()
    {
        _dashboard.Resources.Set(FakeResources.Running("a"), FakeResources.Running("b"), FakeResources.Running("c"));
        _dashboard.Resources.Print("a", "kept by a");
        _dashboard.Resources.Print("c", "not asked for");
        await using var stream = await _dashboard.Api.GetStreamAsync("api/console?resource=a&resource=b");
        using var reader = new StreamReader(stream);

        Assert.Equal(["a info kept by a"], await NextAsync(reader));
        _dashboard.Resources.Print("b", "warn: live from b");
        Assert.Equal(["b warn warn: live from b"], await NextAsync(reader));
        _dashboard.Resources.Print("b", "   its second line", isError: true);
        Assert.Equal(["b warn    its second line"], await NextAsync(reader));
        _dashboard.Resources.Print("b", "something broke", isError: true);
        Assert.Equal(["b error something broke"], await NextAsync(reader));
    }

    [Fact]
    public async Task Changes_are_told_as_they_happen()
    {
        await using var stream = await _dashboard.Api.GetStreamAsync("api/changes");
        using var reader = new StreamReader(stream);
        var before = (await EventAsync(reader)).GetProperty("traces").GetInt64();

        SampleTelemetry.Feed(_dashboard.Server.Telemetry, DateTimeOffset.UtcNow, 1);

        await Wait.UntilAsync(async () => (await EventAsync(reader)).GetProperty("traces").GetInt64() > before, "word of the trace");
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_open_pages()
    {
        await using var closing = await RunningDashboard.StartAsync();
        await using var stream = await closing.Api.GetStreamAsync("api/changes");
        using var reader = new StreamReader(stream);
        await EventAsync(reader);

        await Wait.ForAsync(closing.Server.DisposeAsync().AsTask(), "the dashboard to stop");
    }

    private static async Task<string[]> NextAsync(StreamReader reader) =>
    [
        .. (await EventAsync(reader)).EnumerateArray()
            .Select(line => $"{line.GetProperty("resource").GetString()} {line.GetProperty("level").GetString()} {line.GetProperty("text").GetString()}"),
    ];

    private static async Task<JsonElement> EventAsync(StreamReader reader)
    {
        while (true)
        {
            var line = await Wait.ForAsync(reader.ReadLineAsync(), "an event");
            if (line?.StartsWith("data: ", StringComparison.Ordinal) == true)
                return JsonDocument.Parse(line[6..]).RootElement;
        }
    }
}
