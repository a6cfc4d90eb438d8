using Microsoft.Playwright;
using PubSub.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace PubSub.Tests.Cluster;

/// <summary>The page of a node in a real browser. SCREENSHOTS names a folder for pictures of it.</summary>
[Collection(FailingCluster.Name)]
public sealed class TheClientPageTalks(FailingClusterFixture fixture, Browser browser) : IClassFixture<Browser>
{
    private static readonly LocatorAssertionsToHaveTextOptions Patient = new() { Timeout = 40_000 };

    private readonly TestCluster _cluster = fixture.Cluster;
    private readonly string _room = fixture.NewName("room");

    [Fact]
    public async Task Two_people_on_two_nodes_talk_and_see_each_other_and_one_comes_back_when_its_node_does()
    {
        var alice = await OpenAsync(0, "alice", "Alice");
        var bob = await OpenAsync(1, "bob", "Bob");
        await PictureAsync(alice, "form");
        await ConnectAsync(alice, "alice on connect-node-1");
        await ConnectAsync(bob, "bob on connect-node-2");

        await SayAsync(alice, "Hello, Bob!");
        await Expect(Message(bob, "Hello, Bob!")).ToBeVisibleAsync();
        await SayAsync(bob, "Hello, Alice. Which node are you on?");
        await Expect(Message(alice, "Hello, Alice. Which node are you on?")).ToBeVisibleAsync();
        await Expect(alice.Locator("#messages li.mine .bubble")).ToHaveTextAsync(["Hello, Bob!"]);
        await Expect(alice.Locator("#presence li")).ToHaveTextAsync(["Alice", "Bob"], new() { Timeout = 40_000 });
        await Expect(bob.Locator("#count")).ToHaveTextAsync("(2)", Patient);
        await PictureAsync(alice, "talk");

        _cluster.Nodes[0].Kill();
        await Expect(alice.Locator("#status")).ToContainTextAsync("connection lost");
        await PictureAsync(alice, "lost");
        await SayAsync(bob, "Are you still there?");
        await _cluster.Nodes[0].RestartAsync();
        await Expect(alice.Locator("#status")).ToHaveTextAsync("alice on connect-node-1", Patient);
        await SayAsync(bob, "Welcome back");
        await Expect(Message(alice, "Welcome back")).ToBeVisibleAsync(new() { Timeout = 40_000 });
        await SayAsync(alice, "Thanks");
        await Expect(Message(bob, "Thanks")).ToBeVisibleAsync(new() { Timeout = 40_000 });
        await PictureAsync(alice, "back");
        await _cluster.WaitForLinksAsync(3);

        await alice.Locator("#disconnect").ClickAsync();
        await Expect(alice.Locator("#status")).ToHaveTextAsync("not connected");
        await Expect(alice.Locator("#form")).ToBeVisibleAsync();
        // The browser itself complains of a node that is not there.
        Assert.All(browser.Complaints, complaint => Assert.Contains("WebSocket", complaint, StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_a_phone_nothing_is_cut_off_and_people_are_one_tap_away()
    {
        var phone = await OpenAsync(2, "carol", "Carol", new() { ViewportSize = new() { Width = 360, Height = 640 }, HasTouch = true, IsMobile = true });
        await PictureAsync(phone, "phone-form");
        await FitsAsync(phone);
        await ConnectAsync(phone, "carol on connect-node-3");
        await SayAsync(phone, "Short");
        await SayAsync(phone, "A-long-word-without-any-space-in-it-that-must-be-broken-somewhere-or-the-page-becomes-wider-than-the-phone and then some more words.");
        await Expect(phone.Locator("#messages li.mine")).ToHaveCountAsync(2);
        await FitsAsync(phone);
        await PictureAsync(phone, "phone-talk");

        await Expect(phone.Locator("#side")).Not.ToBeVisibleAsync();
        await phone.Locator("#people").TapAsync();
        await Expect(phone.Locator("#presence li")).ToHaveTextAsync(["Carol"], new() { Timeout = 40_000 });
        await Expect(phone.Locator("#side")).ToBeVisibleAsync();
        await SayAsync(phone, "While I see who is here");
        await PictureAsync(phone, "phone-people");
        await FitsAsync(phone);
        await phone.Context.CloseAsync();
    }

    private async Task<IPage> OpenAsync(int node, string user, string name, BrowserNewContextOptions? options = null)
    {
        var page = await browser.NewPageAsync(options ?? new() { ViewportSize = new() { Width = 1100, Height = 700 } });
        await page.GotoAsync($"http://127.0.0.1:{_cluster.NodeHttpPorts[node]}/");
        await page.Locator("#room").FillAsync(_room);
        await page.Locator("#user").FillAsync(user);
        await page.Locator("#name").FillAsync(name);
        return page;
    }

    private static async Task ConnectAsync(IPage page, string status)
    {
        await page.Locator("#connect").ClickAsync();
        await Expect(page.Locator("#status")).ToHaveTextAsync(status, Patient);
        await Expect(page.Locator("#messages .note").First).ToContainTextAsync("joined");
    }

    private static async Task SayAsync(IPage page, string text)
    {
        await page.Locator("#text").FillAsync(text);
        await page.Locator("#text").PressAsync("Enter");
        await Expect(Message(page, text)).ToBeVisibleAsync(new() { Timeout = 40_000 });
    }

    private static ILocator Message(IPage page, string text) => page.Locator("#messages .bubble", new() { HasText = text });

    private static async Task FitsAsync(IPage page) =>
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "The page is wider than the screen.");

    private static async Task PictureAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"client-{name}.png") });
    }
}
