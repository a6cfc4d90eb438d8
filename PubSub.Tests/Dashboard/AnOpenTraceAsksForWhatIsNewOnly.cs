using System.Collections.Concurrent;
using Aspire.Dashboard.Telemetry;
using Microsoft.Playwright;
using PubSub.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace PubSub.Tests.Dashboard;

/// <summary>On a live system some trace changes all the time; who reads one of them is not sent it again for that.</summary>
public sealed class AnOpenTraceAsksForWhatIsNewOnly(DashboardPage dashboard) : IClassFixture<DashboardPage>
{
    [Fact]
    public async Task Changes_of_others_send_no_byte_of_it_and_its_own_are_shown()
    {
        var id = SampleTelemetry.TraceIdOf(3);
        Assert.True(Ids.TryParse(id, out var trace));
        var spans = dashboard.Dashboard.Server.Telemetry.Spans.CountOf(trace);
        var page = await dashboard.OpenAsync("resources");
        var answers = new ConcurrentQueue<IResponse>();
        page.Response += (_, response) =>
        {
            if (new Uri(response.Url).AbsolutePath is var path && (path == $"/api/traces/{id}" || path == "/api/logs"))
                answers.Enqueue(response);
        };
        await page.EvaluateAsync("view => { location.hash = `#/${view}`; }", $"trace/{id}");
        await Expect(page.Locator(".facts.card")).ToContainTextAsync($"Spans{spans}");

        // The page may have asked once more while it came up; from its first such answer on it knows all.
        await AnsweredAsync();
        var before = answers.Count;
        for (var change = 0; change < 3; change++)
            await AnsweredAsync();

        foreach (var answer in answers.Skip(before))
            Assert.Equal((204, 0), (answer.Status, (await answer.Request.SizesAsync()).ResponseBodySize));

        Arrive(trace);
        await Expect(page.Locator(".facts.card")).ToContainTextAsync($"Spans{spans + 1}");
        await page.Context.CloseAsync();

        async Task AnsweredAsync()
        {
            var seen = answers.Count;
            Arrive(UInt128.One);
            await Wait.UntilAsync(() => answers.Skip(seen).Any(static answer => answer.Status == 204), "an answer that says that nothing is new");
        }
    }

    private void Arrive(UInt128 trace)
    {
        var telemetry = dashboard.Dashboard.Server.Telemetry;
        var start = telemetry.Spans.Find(trace)?.Spans[0].Start ?? 1;
        telemetry.Add(
            [
                new SpanRecord(
                    trace, (ulong)Random.Shared.NextInt64(), 0, "late", "internal", start, start + 1_000, SpanOutcome.Unset, "",
                    new TelemetrySource("late-service", "late-service-1", []), "PubSub", [], [], []),
            ]);
    }
}
