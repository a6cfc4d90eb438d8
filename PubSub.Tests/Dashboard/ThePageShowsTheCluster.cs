using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PubSub.Tests.Dashboard;

/// <summary>Every view in light, dark and on a phone: it shows what there is, fits, and complains about nothing.</summary>
public sealed class ThePageShowsTheCluster(DashboardPage dashboard) : IClassFixture<DashboardPage>
{
    private static readonly string[] Views = ["resources", "console", "logs", "traces", "trace", "metrics", "chart", "histogram"];

    public static TheoryData<string, string> Looks
    {
        get
        {
            var looks = new TheoryData<string, string>();
            foreach (var view in Views)
            {
                foreach (var look in new[] { "light", "dark", "phone" })
                    looks.Add(view, look);
            }

            return looks;
        }
    }

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task A_view_shows_its_part(string view, string look)
    {
        var page = await dashboard.OpenAsync(AddressOf(view), new BrowserNewContextOptions
        {
            ColorScheme = look == "light" ? ColorScheme.Light : ColorScheme.Dark,
            ViewportSize = look == "phone" ? new ViewportSize { Width = 390, Height = 844 } : new ViewportSize { Width = 1360, Height = 860 },
            DeviceScaleFactor = look == "phone" ? 2 : 1,
        });

        await Expect(page.Locator(ContentOf(view)).First).ToBeVisibleAsync();

        await DashboardPage.PictureAsync(page, $"{view}-{look}");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "The page is wider than the window.");
        Assert.Empty(dashboard.Browser.Complaints);
        await page.Context.CloseAsync();
    }

    private static string AddressOf(string view) => view switch
    {
        "trace" => $"trace/{SampleTelemetry.TraceIdOf(53)}",
        "metrics" => "metrics?service=connect-node",
        "chart" => "metrics?service=connect-node&meter=PubSub.ConnectNode&name=connect_node.deliveries",
        "histogram" => "metrics?service=connect-node&meter=PubSub.ConnectNode&name=connect_node.delivery.lag",
        _ => view,
    };

    private static string ContentOf(string view) => view switch
    {
        "resources" => ".res .spark",
        "console" => ".line",
        "logs" => ".log-line",
        "traces" => ".trace-row",
        "trace" => ".span-bar",
        "metrics" => ".metric-card svg",
        "chart" => ".line-path",
        _ => ".bucket-bar",
    };
}
