using Microsoft.Playwright;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Dashboard;

/// <summary>A browser in front of a dashboard that shows a sample cluster; one for a test class.</summary>
public sealed class DashboardPage : IAsyncLifetime
{
    // Where pictures of the page go for people to look at; unset, none are made.
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("PUBSUB_SCREENSHOTS");

    internal Browser Browser { get; } = new();

    internal RunningDashboard Dashboard { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Dashboard = await RunningDashboard.StartAsync();
        await Browser.InitializeAsync();
        SampleResources.Fill(Dashboard.Resources, DateTimeOffset.UtcNow);
        SampleTelemetry.Feed(Dashboard.Server.Telemetry, DateTimeOffset.UtcNow);
    }

    public async Task DisposeAsync()
    {
        await Browser.DisposeAsync();
        await Dashboard.DisposeAsync();
    }

    /// <summary>A page that came in by the login link and went on to a view.</summary>
    internal async Task<IPage> OpenAsync(string view = "resources", BrowserNewContextOptions? options = null)
    {
        var page = await Browser.NewPageAsync(options ?? new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1360, Height = 860 } });
        await page.GotoAsync(Dashboard.Login.ToString());
        await page.Locator("#view h2").WaitForAsync();
        await page.GotoAsync(new Uri(Dashboard.Address, $"/#/{view}").ToString());
        return page;
    }

    internal static async Task PictureAsync(IPage page, string name)
    {
        if (Pictures is not null)
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Pictures, $"{name}.png") });
    }
}
