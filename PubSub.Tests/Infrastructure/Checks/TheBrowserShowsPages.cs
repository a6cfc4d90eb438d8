using Microsoft.Playwright;

namespace PubSub.Tests.Infrastructure.Checks;

/// <summary>The browser that other tests rely on: it runs scripts, keeps pages apart, and reports what went wrong in them.</summary>
public sealed class TheBrowserShowsPages(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task Scripts_run_and_text_is_readable()
    {
        var page = await browser.NewPageAsync();
        await page.SetContentAsync("<p id=p></p><script>document.getElementById('p').textContent = 'sum ' + (19 + 23)</script>");

        await Assertions.Expect(page.Locator("#p")).ToHaveTextAsync("sum 42");
    }

    [Fact]
    public async Task Errors_of_a_page_are_collected()
    {
        var page = await browser.NewPageAsync();
        await page.SetContentAsync("<script>console.error('said so'); throw new Error('thrown so')</script>");

        await Wait.UntilAsync(
            () => browser.Complaints.Any(text => text.Contains("said so", StringComparison.Ordinal))
                && browser.Complaints.Any(text => text.Contains("thrown so", StringComparison.Ordinal)),
            "both errors");
    }
}
