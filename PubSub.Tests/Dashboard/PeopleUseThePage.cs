using Microsoft.Playwright;
using PubSub.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace PubSub.Tests.Dashboard;

public sealed class PeopleUseThePage(DashboardPage dashboard) : IClassFixture<DashboardPage>
{
    // What a message body or a log line may hold; had it been run, the page would have said so.
    private const string Hostile = "<img src=x onerror=\"window.hit=1\"><script>window.hit=1</script>";

    [Fact]
    public async Task The_token_can_be_typed_in()
    {
        var page = await dashboard.Browser.NewPageAsync();
        await page.GotoAsync(dashboard.Dashboard.Address.ToString());
        await page.GetByLabel("Token").FillAsync("a guess");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not the token");

        await page.GetByLabel("Token").FillAsync(RunningDashboard.Token);
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.Locator("[data-name=redis]")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_resource_is_stopped_by_its_button_and_the_change_shows_by_itself()
    {
        var page = await dashboard.OpenAsync();
        var row = page.Locator("[data-name=controller-1]");
        await Expect(row.GetByRole(AriaRole.Button, new() { Name = "Start controller-1", Exact = true })).ToBeDisabledAsync();

        await row.GetByRole(AriaRole.Button, new() { Name = "Stop controller-1" }).ClickAsync();
        await Wait.UntilAsync(() => dashboard.Dashboard.Resources.Commands.Contains("stop controller-1"), "the command");
        dashboard.Dashboard.Resources.Change("controller-1", it => it with { State = "Exited", ExitCode = 3, Health = null, ProcessId = null, Commands = ["start"] });

        await Expect(row).ToContainTextAsync("Exited (3)");
        await Expect(row.GetByRole(AriaRole.Button, new() { Name = "Start controller-1", Exact = true })).ToBeEnabledAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_command_that_fails_says_why()
    {
        dashboard.Dashboard.Resources.OnCommand = (name, _) => name == "etcd" ? "etcd did not stop within 10 s." : null;
        var page = await dashboard.OpenAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Restart etcd" }).ClickAsync();

        await Expect(page.Locator(".toast")).ToContainTextAsync("etcd did not stop within 10 s.");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Details_show_the_environment_and_keep_secrets_until_asked()
    {
        var page = await dashboard.OpenAsync();
        await page.Locator("[data-name=push-manager-1] b").ClickAsync();
        var drawer = page.GetByRole(AriaRole.Complementary, new() { Name = "Details of push-manager-1" });
        await Expect(drawer).ToContainTextAsync("NODE_ID");
        await Expect(drawer).Not.ToContainTextAsync("s3cret");

        await drawer.GetByText("show secrets").ClickAsync();
        await Expect(drawer).ToContainTextAsync("s3cret");
        await DashboardPage.PictureAsync(page, "details-light");
        await page.Keyboard.PressAsync("Escape");

        await Expect(drawer).ToHaveCountAsync(0);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_console_is_live_and_can_be_searched_and_filtered()
    {
        var page = await dashboard.OpenAsync("console?resource=biz-server");
        await Expect(page.Locator(".line")).ToContainTextAsync(["Now listening on"]);

        dashboard.Dashboard.Resources.Print("biz-server", "info: a line for the search");
        dashboard.Dashboard.Resources.Print("biz-server", $"fail: {Hostile}");
        await Expect(page.Locator(".line")).ToHaveCountAsync(3);
        await Expect(page.Locator(".line").Last).ToContainTextAsync(Hostile);

        await page.GetByLabel("Lowest level").SelectOptionAsync("error");
        await Expect(page.Locator(".line")).ToHaveCountAsync(1);
        await page.GetByLabel("Lowest level").SelectOptionAsync("trace");
        await page.GetByLabel("Search lines").FillAsync("FOR THE SEARCH");
        await Expect(page.Locator(".line")).ToHaveCountAsync(1);
        await Expect(page.Locator(".line mark")).ToHaveTextAsync("for the search");
        Assert.True(await page.EvaluateAsync<bool>("window.hit === undefined"));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_trace_is_found_opened_and_read_with_the_keyboard_alone()
    {
        var page = await dashboard.OpenAsync("traces");
        await Expect(page.Locator(".trace-row")).ToHaveCountAsync(60);

        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("pubsub.node=connect-node-3");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("q=pubsub.node"));
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".span-line")).ToHaveCountAsync(16);
        await Expect(page.Locator(".legend")).ToContainTextAsync("controller-manager");

        await page.Locator(".span-line").First.FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowLeft");
        await Expect(page.Locator(".span:visible")).ToHaveCountAsync(2);
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator(".span:visible")).ToHaveCountAsync(16);
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".span-detail")).ToContainTextAsync("pubsub.channel");
        await Expect(page.Locator(".span-detail .log-line").First).ToContainTextAsync("accepted room:");
        await DashboardPage.PictureAsync(page, "trace-open-light");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Only_traces_with_errors_are_left_when_asked_for_and_the_way_back_keeps_the_filter()
    {
        var page = await dashboard.OpenAsync("traces");
        await page.GetByLabel("With errors").CheckAsync();
        await Expect(page.Locator(".trace-row")).ToHaveCountAsync(6);

        await page.Locator(".trace-row").First.ClickAsync();
        await Expect(page.Locator(".span-error")).ToHaveCountAsync(1);
        await page.GetByLabel("Back to the traces").ClickAsync();

        await Expect(page.GetByLabel("With errors")).ToBeCheckedAsync();
        await Expect(page.Locator(".trace-row")).ToHaveCountAsync(6);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_log_record_opens_and_leads_to_its_trace()
    {
        var page = await dashboard.OpenAsync("logs?severity=17");
        await Expect(page.Locator(".log-line")).ToHaveCountAsync(6);
        await page.Locator(".log-line .message").First.ClickAsync();
        await Expect(page.Locator(".log-detail").First).ToContainTextAsync("PubSub.PushManager.Links.NodeLink");

        await page.Locator(".log-line a").First.ClickAsync();

        await Expect(page.Locator(".span.open .span-detail")).ToContainTextAsync("did not acknowledge");
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_chart_is_drawn_per_label_and_read_under_the_pointer()
    {
        var page = await dashboard.OpenAsync("metrics?service=connect-node");
        await page.Locator(".metric-card", new() { HasText = "connect_node.sessions" }).ClickAsync();
        await Expect(page.Locator(".line-path")).ToHaveCountAsync(3);
        await Expect(page.Locator(".values")).ToContainTextAsync("connect-node-3");

        await page.GetByLabel("Lines").SelectOptionAsync("");
        await Expect(page.Locator(".line-path")).ToHaveCountAsync(1);
        await page.Locator(".chart").HoverAsync();
        await Expect(page.Locator(".tip")).ToBeVisibleAsync();
        await page.GetByLabel("Only").SelectOptionAsync("instance=connect-node-2");
        await Expect(page.Locator(".line-path")).ToHaveCountAsync(1);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_look_can_be_switched_and_is_remembered()
    {
        var page = await dashboard.OpenAsync("resources", new BrowserNewContextOptions { ColorScheme = ColorScheme.Light });
        var before = await BackgroundAsync(page);

        await page.Keyboard.PressAsync("t");
        var after = await BackgroundAsync(page);
        await page.ReloadAsync();
        await page.Locator("#view h2").WaitForAsync();

        Assert.NotEqual(before, after);
        Assert.Equal(after, await BackgroundAsync(page));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_paused_page_stands_still_and_catches_up()
    {
        var page = await dashboard.OpenAsync();
        await page.Keyboard.PressAsync("p");
        await Expect(page.Locator("#live")).ToHaveTextAsync("Paused");
        dashboard.Dashboard.Resources.Change("redis", it => it with { Restarts = 41 });
        await page.Keyboard.PressAsync("p");

        await Expect(page.Locator("[data-name=redis] .restarts")).ToHaveTextAsync("41");
        await page.Context.CloseAsync();
    }

    private static Task<string> BackgroundAsync(IPage page) => page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
}
