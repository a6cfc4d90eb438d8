using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Http.Headers;
using Aspire.Dashboard.Otlp;
using Google.Protobuf;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace PubSub.Tests.Dashboard;

/// <summary>All the spans that are kept came over OTLP, one trace has 5,000 of them, and a person works with the page.</summary>
public sealed class AFullDashboardStaysQuick(DashboardPage dashboard, ITestOutputHelper output) : IClassFixture<DashboardPage>
{
    private const int Kept = 100_000;
    private const int Large = 5_000;
    private const int PerRequest = 2_500;

    // Generous: on an idle machine each of these takes a fraction of it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly ulong Begin = (ulong)(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 60_000) * 1_000_000;

    [Fact]
    public async Task Lists_searches_and_a_large_trace_are_usable_at_once()
    {
        var watch = Stopwatch.StartNew();
        await FeedAsync();
        Assert.InRange(dashboard.Dashboard.Server.Telemetry.Spans.SpanCount, Kept - 10, Kept);
        output.WriteLine($"{Kept} spans over OTLP: {watch.ElapsedMilliseconds} ms");

        var page = await dashboard.OpenAsync();
        await TimedAsync("the traces page", async () =>
        {
            await page.GotoAsync(new Uri(dashboard.Dashboard.Address, "/#/traces").ToString());
            await Expect(page.Locator(".trace-row")).ToHaveCountAsync(100);
        });
        await DashboardPage.PictureAsync(page, "full-traces-light");
        await TimedAsync("a search for one trace among all", async () =>
        {
            await page.GetByPlaceholder("Name, attribute").FillAsync("needle=in-the-stack");
            await Expect(page.Locator(".trace-row")).ToHaveCountAsync(1);
        });
        await TimedAsync($"the trace with {Large} spans", async () =>
        {
            await page.Locator(".trace-row").ClickAsync();
            await Expect(page.Locator(".facts.card")).ToContainTextAsync($"Spans{Large}");
            await Expect(page.Locator(".span-line").First).ToBeInViewportAsync();
        });
        await DashboardPage.PictureAsync(page, "full-trace-light");
        await TimedAsync("a search for the last of its spans", async () =>
        {
            await page.GetByPlaceholder("Find in this trace").FillAsync($"work {Large - 1}");
            await Expect(page.Locator(".trace-head")).ToContainTextAsync("1 found");
            await Expect(page.Locator(".span.hit")).ToBeInViewportAsync();
        });
        await TimedAsync("a part of it by a drag over the small picture", async () =>
        {
            // The search went to the last span; a mouse reaches only what is on the screen.
            await page.Locator(".minimap").ScrollIntoViewIfNeededAsync();
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

    private async Task TimedAsync(string what, Func<Task> act)
    {
        var watch = Stopwatch.StartNew();
        await act();
        output.WriteLine($"{what}: {watch.ElapsedMilliseconds} ms");
        Assert.True(watch.Elapsed < Patience, $"{what} took {watch.ElapsedMilliseconds} ms.");
    }

    private async Task FeedAsync()
    {
        using var http = new HttpClient();
        for (var from = 0; from < Kept; from += PerRequest)
        {
            var spans = new ScopeSpans { Scope = new Scope { Name = "PubSub" }, Spans = { Enumerable.Range(from, PerRequest).Select(NewSpan) } };
            var data = new TracesData
            {
                ResourceSpans =
                {
                    new ResourceSpans
                    {
                        Resource = new Resource { Attributes = { Tag("service.name", "push-manager"), Tag("service.instance.id", $"push-manager-{from % 2}") } },
                        ScopeSpans = { spans },
                    },
                },
            };
            using var body = new ByteArrayContent(data.ToByteArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-protobuf") } };
            using var answer = await http.PostAsync(new Uri(dashboard.Dashboard.Server.OtlpHttpEndpoint, "v1/traces"), body);
            answer.EnsureSuccessStatusCode();
        }
    }

    /// <summary>Traces of ten spans each, and in the middle of all the large one.</summary>
    private static Span NewSpan(int number)
    {
        const int first = Kept / 2;
        var isLarge = number is >= first and < first + Large;
        var trace = isLarge ? first : number / 10 * 10;
        var place = isLarge ? number - first : number % 10;
        var span = new Span
        {
            TraceId = ByteString.CopyFrom(Id(trace, 16)),
            SpanId = ByteString.CopyFrom(Id(number, 8)),
            ParentSpanId = place == 0 ? ByteString.Empty : ByteString.CopyFrom(Id(isLarge ? first + ((place - 1) / 8) : trace, 8)),
            Name = place == 0 ? "push" : $"work {place}",
            Kind = SpanKind.Internal,
            StartTimeUnixNano = Begin + (ulong)(place * 1_000),
            EndTimeUnixNano = Begin + (place == 0 ? 20_000_000UL : (ulong)(place * 2_000) + 50_000),
            Attributes = { Tag("pubsub.channel", $"room:{number % 97}") },
        };
        if (isLarge && place == 17)
            span.Attributes.Add(Tag("needle", "in-the-stack"));
        return span;
    }

    private static byte[] Id(int number, int length)
    {
        var id = new byte[length];
        BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(length - 4), number + 1);
        return id;
    }

    private static KeyValue Tag(string key, string value) => new() { Key = key, Value = new AnyValue { StringValue = value } };
}
