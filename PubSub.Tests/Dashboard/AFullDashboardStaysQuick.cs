using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace PubSub.Tests.Dashboard;

/// <summary>
/// What makes the page quick when all the spans that are kept came: it asks for pages, never for each thing, and holds
/// what is in view. How long it takes is printed; that depends on the machine.
/// </summary>
public sealed class AFullDashboardStaysQuick(FullDashboard full, ITestOutputHelper output) : IClassFixture<FullDashboard>
{
    private const int Large = FullDashboard.Large;

    // 860 pixels have room for 28 rows; some more wait beyond the edges.
    private const int MostRows = 60;

    private static readonly BrowserNewContextOptions Desk = new() { ViewportSize = new ViewportSize { Width = 1360, Height = 860 } };

    [Fact]
    public async Task A_list_is_one_page_of_summaries_however_many_traces_there_are()
    {
        Assert.InRange(full.Page.Dashboard.Server.Telemetry.Spans.SpanCount, FullDashboard.Kept - 10, FullDashboard.Kept);
        var page = await full.Page.OpenAsync("resources", Desk);
        var answers = AnswersTo(page);
        await TimedAsync(page, "the traces page", async () =>
        {
            await GoAsync(page, "traces");
            await Expect(page.Locator(".trace-row")).ToHaveCountAsync(100);
        });
        await DashboardPage.PictureAsync(page, "full-traces-light");
        Assert.InRange(await ElementsAsync(page), 100, 2_500);

        await TimedAsync(page, "a search for one trace among all", async () =>
        {
            await page.GetByPlaceholder("Name, attribute").FillAsync("needle=in-the-stack");
            await Expect(page.Locator(".trace-row")).ToHaveCountAsync(1);
        });

        // One for the list and one for the search, each perhaps once more when the page was told of a change.
        Assert.InRange(answers.Count, 2, 4);
        foreach (var answer in answers)
        {
            var size = (await answer.BodyAsync()).Length;
            output.WriteLine($"an answer: {size} bytes");
            Assert.InRange(size, 1, 60_000);
        }

        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Of_a_large_trace_the_page_holds_what_is_in_view()
    {
        var page = await full.Page.OpenAsync("resources", Desk);
        var answers = AnswersTo(page);
        await TimedAsync(page, $"the trace with {Large} spans", () => OpenLargeAsync(page));
        await DashboardPage.PictureAsync(page, "full-trace-light");
        await AssertHoldsLittleAsync(page);

        var before = answers.Count;
        await TimedAsync(page, "a search for the last of its spans", async () =>
        {
            await page.GetByPlaceholder("Find in this trace").FillAsync($"work {Large - 1}");
            await Expect(page.Locator(".trace-head")).ToContainTextAsync("1 found");
            await Expect(page.Locator(".span.hit")).ToBeInViewportAsync();
        });
        await AssertHoldsLittleAsync(page);
        await page.GetByPlaceholder("Find in this trace").FillAsync("no span has this");
        await Expect(page.Locator(".trace-head")).ToContainTextAsync("0 found");
        await page.Locator("#view").EvaluateAsync("view => view.scrollTop = view.scrollHeight / 2");
        await Expect(page.Locator(".span.miss").Nth(MostRows / 2)).ToBeInViewportAsync();
        await AssertHoldsLittleAsync(page);

        // The trace and its logs, each perhaps once more; what is searched and scrolled is there already.
        Assert.InRange(before, 2, 4);
        Assert.Equal(before, answers.Count);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_part_of_a_large_trace_is_seen_by_a_drag_over_the_small_picture()
    {
        var page = await full.Page.OpenAsync("resources", Desk);
        await OpenLargeAsync(page);
        await TimedAsync(page, "a part of it by a drag over the small picture", async () =>
        {
            var box = (await page.Locator(".minimap").BoundingBoxAsync())!;
            await page.Mouse.MoveAsync(box.X + (box.Width * 0.25f), box.Y + 20);
            await page.Mouse.DownAsync();
            await page.Mouse.MoveAsync(box.X + (box.Width * 0.5f), box.Y + 20, new MouseMoveOptions { Steps = 5 });
            await Expect(page.Locator(".minimap .zoom")).ToBeVisibleAsync();
            await page.Mouse.UpAsync();
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Whole trace" })).ToBeVisibleAsync();
        });

        // The part is a quarter, so what begins at the trace's begin is left of it and the whole root fills more than it.
        Assert.Equal("-100%", await page.Locator(".span-bar").First.EvaluateAsync<string>("bar => Math.round(parseFloat(bar.style.left)) + '%'"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Whole trace" }).ClickAsync();
        Assert.Equal("0%", await page.Locator(".span-bar").First.EvaluateAsync<string>("bar => bar.style.left"));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Keys_reach_every_span_and_a_screen_reader_knows_how_many_there_are()
    {
        var page = await full.Page.OpenAsync("resources", Desk);
        await OpenLargeAsync(page);
        var focused = page.Locator(".span-line:focus");

        await page.Keyboard.PressAsync("ArrowDown");
        for (var i = 0; i < 2 * MostRows; i++)
            await page.Keyboard.PressAsync("ArrowDown");
        Assert.Contains($" work {InOrder(0).ElementAt(2 * MostRows)},", await focused.GetAttributeAsync("aria-label"), StringComparison.Ordinal);
        await Expect(focused).ToBeInViewportAsync();

        await page.Keyboard.PressAsync("End");
        await Expect(focused).ToBeInViewportAsync();
        Assert.Contains($" work {InOrder(0).Last()},", await focused.GetAttributeAsync("aria-label"), StringComparison.Ordinal);
        Assert.Equal("8", await focused.GetAttributeAsync("aria-posinset"));
        await page.Keyboard.PressAsync("ArrowUp");
        Assert.Equal("7", await focused.GetAttributeAsync("aria-posinset"));
        Assert.Equal("8", await focused.GetAttributeAsync("aria-setsize"));
        await AssertHoldsLittleAsync(page);

        // A wheel takes the row away, not the place that the keys have got to.
        await page.Locator("#view").EvaluateAsync("view => view.scrollTop = 0");
        await Expect(page.Locator(".span-line").First).ToBeInViewportAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        await Expect(focused).ToBeInViewportAsync();
        Assert.Equal("6", await focused.GetAttributeAsync("aria-posinset"));

        await page.Keyboard.PressAsync("Home");
        await page.Keyboard.PressAsync("ArrowLeft");
        await Expect(page.Locator(".span-line")).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator(".span-line").Nth(MostRows / 3)).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task An_open_span_stays_open_out_of_view_and_a_folded_one_is_found()
    {
        var page = await full.Page.OpenAsync("resources", Desk);
        await OpenLargeAsync(page);
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".span-detail")).ToBeVisibleAsync();
        var below = (await page.Locator(".span").Nth(1).BoundingBoxAsync())!;
        var open = (await page.Locator(".span.open").BoundingBoxAsync())!;
        Assert.Equal(open.Y + open.Height, below.Y, 1.0);

        for (var i = 0; i < 3; i++)
            await page.Keyboard.PressAsync("ArrowDown");
        await page.Locator("#view").EvaluateAsync("view => view.scrollTop = view.scrollHeight");
        await Expect(page.Locator(".span-line").Last).ToBeInViewportAsync();
        await Expect(page.Locator(".span-detail")).ToHaveCountAsync(0);
        await page.Locator("#view").EvaluateAsync("view => view.scrollTop = 0");
        await Expect(page.Locator(".span-detail")).ToBeInViewportAsync();

        await page.Locator(".caret").First.ClickAsync();
        await Expect(page.Locator(".span-line")).ToHaveCountAsync(1);
        await page.GetByPlaceholder("Find in this trace").FillAsync($"work {Large - 1}");
        await Expect(page.Locator(".span.hit")).ToBeInViewportAsync();
        await DashboardPage.PictureAsync(page, "full-trace-found-light");
        Assert.Empty(full.Page.Browser.Complaints);
        await page.Context.CloseAsync();
    }

    /// <summary>The places of the spans in the order in which the page shows them.</summary>
    private static IEnumerable<int> InOrder(int place) =>
        Enumerable.Range((place * 8) + 1, 8).Where(child => child < Large).SelectMany(InOrder).Prepend(place);

    private static async Task GoAsync(IPage page, string view) => await page.EvaluateAsync("view => { location.hash = `#/${view}`; }", view);

    private static async Task OpenLargeAsync(IPage page)
    {
        await GoAsync(page, FullDashboard.LargeTrace);
        await Expect(page.Locator(".facts.card")).ToContainTextAsync($"Spans{Large}");
        await Expect(page.Locator(".span-line").First).ToBeInViewportAsync();
    }

    private static async Task AssertHoldsLittleAsync(IPage page)
    {
        Assert.InRange(await page.Locator(".span").CountAsync(), 20, MostRows);
        Assert.InRange(await ElementsAsync(page), 200, 1_000);
    }

    private static Task<int> ElementsAsync(IPage page) => page.EvaluateAsync<int>("document.querySelectorAll('*').length");

    /// <summary>What the page is answered when it asks for telemetry, from now on.</summary>
    private static ConcurrentQueue<IResponse> AnswersTo(IPage page)
    {
        var answers = new ConcurrentQueue<IResponse>();
        page.Response += (_, response) =>
        {
            if (new Uri(response.Url).AbsolutePath is var path && (path.StartsWith("/api/traces", StringComparison.Ordinal) || path.StartsWith("/api/logs", StringComparison.Ordinal)))
                answers.Enqueue(response);
        };
        return answers;
    }

    private async Task TimedAsync(IPage page, string what, Func<Task> act)
    {
        var watch = Stopwatch.StartNew();
        await act();
        output.WriteLine($"{what}: {watch.ElapsedMilliseconds} ms, {await ElementsAsync(page)} elements");
    }
}
