using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Playwright;
using PubSub.LocalTools;

namespace PubSub.Tests.Infrastructure;

/// <summary>
/// A headless Chromium: the fixture of a test class, started once for all its tests. Each page has a context of its own,
/// so cookies and storage are never shared between tests.
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private readonly ConcurrentQueue<string> _complaints = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>What pages said on their console as an error, and exceptions that nobody caught.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    public async Task InitializeAsync()
    {
        // Playwright looks for its driver below this folder instead of beside the tests.
        Environment.SetEnvironmentVariable("PLAYWRIGHT_DRIVER_SEARCH_PATH", Package());
        var chromium = await LocalTool.Chromium.LocateAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = chromium.FileName,
            Args = [.. chromium.Arguments, .. Arguments],
            Env = EnvironmentWith(chromium.Environment),
            // A machine that compiles at the same time can take long to start a browser.
            Timeout = 60_000,
        });
    }

    /// <summary>An empty page in a context of its own; dispose the page's context, or leave it to the fixture.</summary>
    public async Task<IPage> NewPageAsync(BrowserNewContextOptions? options = null)
    {
        var browser = _browser ?? throw new InvalidOperationException("The browser is not started: InitializeAsync comes first.");
        var context = await browser.NewContextAsync(options);
        context.SetDefaultTimeout((float)Wait.Patience.TotalMilliseconds);
        var page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                _complaints.Enqueue($"{page.Url}: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => _complaints.Enqueue($"{page.Url}: {error}");
        return page;
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    private static string Package() => typeof(Browser).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "PlaywrightPackage")
        .Value!;

    private static Dictionary<string, string> EnvironmentWith(IReadOnlyDictionary<string, string> additions)
    {
        var all = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
        foreach (var (name, value) in additions)
            all[name] = value;
        return all;
    }
}
