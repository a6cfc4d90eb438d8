using Aspire.Dashboard.Telemetry;
using static Microsoft.Playwright.Assertions;

namespace PubSub.Tests.Dashboard;

/// <summary>A system is so busy that something has changed each time before a list has come.</summary>
public sealed class AListUnderConstantChangeIsShown(DashboardPage dashboard) : IClassFixture<DashboardPage>
{
    [Fact]
    public async Task Each_answer_is_shown_and_what_changed_meanwhile_is_asked_next()
    {
        var page = await dashboard.OpenAsync("resources");
        var asked = 0;
        await page.RouteAsync("**/api/traces?*", async route =>
        {
            Interlocked.Increment(ref asked);
            // Told of two changes since, a second listener proves that the page has heard of one at least.
            await page.EvaluateAsync("() => { window.told = 0; new EventSource('/api/changes').onmessage = () => window.told++; }");
            for (var told = 1; told <= 3; told++)
            {
                await page.WaitForFunctionAsync("least => window.told >= least", told);
                Arrive();
            }

            await route.ContinueAsync();
        });

        await page.EvaluateAsync("() => { location.hash = '#/traces'; }");

        await Expect(page.Locator(".trace-row").First).ToBeVisibleAsync();
        var shown = Volatile.Read(ref asked);
        await Infrastructure.Wait.UntilAsync(() => Volatile.Read(ref asked) > shown + 1, "the page to go on asking");
        await page.Context.CloseAsync();
    }

    private void Arrive()
    {
        var trace = new UInt128(1, (ulong)Random.Shared.NextInt64());
        dashboard.Dashboard.Server.Telemetry.Add(
            [
                new SpanRecord(
                    trace, (ulong)Random.Shared.NextInt64(), 0, "busy", "internal", 1_000, 2_000, SpanOutcome.Unset, "",
                    new TelemetrySource("busy-service", "busy-service-1", []), "PubSub", [], [], []),
            ]);
    }
}
