using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Aspire.Dashboard;

namespace PubSub.Tests.Dashboard;

public sealed class OnlyWhoHasTheTokenGetsIn : IAsyncLifetime
{
    private readonly HttpClient _stranger = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private RunningDashboard _dashboard = null!;

    public async Task InitializeAsync() => _dashboard = await RunningDashboard.StartAsync();

    public async Task DisposeAsync()
    {
        _stranger.Dispose();
        await _dashboard.DisposeAsync();
    }

    [Theory]
    [InlineData("api/resources")]
    [InlineData("api/traces")]
    [InlineData("api/logs")]
    [InlineData("api/metrics")]
    [InlineData("api/changes")]
    [InlineData("api/console")]
    [InlineData("API/traces")]
    public async Task A_stranger_learns_nothing(string path)
    {
        using var answer = await _stranger.GetAsync(new Uri(_dashboard.Address, path));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task A_stranger_is_sent_to_the_login()
    {
        using var answer = await _stranger.GetAsync(_dashboard.Address);

        Assert.Equal((HttpStatusCode.Redirect, "/login"), (answer.StatusCode, answer.Headers.Location?.ToString()));
    }

    [Fact]
    public async Task The_link_gives_a_cookie_that_scripts_cannot_read_and_that_is_not_the_token()
    {
        using var login = await _stranger.GetAsync(_dashboard.Login);
        var cookie = Assert.Single(login.Headers.GetValues("Set-Cookie"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_dashboard.Address, "api/resources"));
        request.Headers.Add("Cookie", cookie.Split(';')[0]);
        using var answer = await _stranger.SendAsync(request);

        Assert.Equal(HttpStatusCode.Redirect, login.StatusCode);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"dashboard-{_dashboard.Address.Port}=", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain(RunningDashboard.Token, cookie, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("let-me-ix")]
    [InlineData("<script>alert(1)</script>")]
    public async Task A_wrong_token_is_refused_and_not_repeated(string token)
    {
        using var answer = await _stranger.GetAsync(new Uri(_dashboard.Address, $"login?t={Uri.EscapeDataString(token)}"));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.DoesNotContain(token, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_page_may_not_ask_in_the_name_of_who_is_logged_in()
    {
        _dashboard.Resources.Set(FakeResources.Running("redis"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/resources/redis/commands/stop");
        request.Headers.Add("Origin", "http://127.0.0.1:8080");
        using var answer = await _dashboard.Api.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(_dashboard.Resources.Commands);
    }

    [Theory]
    [InlineData("login")]
    [InlineData("js/main.js")]
    public async Task Nothing_from_elsewhere_and_nothing_inline_may_run(string path)
    {
        using var answer = await _stranger.GetAsync(new Uri(_dashboard.Address, path));

        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task An_unchanged_file_is_not_sent_again()
    {
        using var first = await _stranger.GetAsync(new Uri(_dashboard.Address, "css/base.css"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_dashboard.Address, "css/base.css"));
        request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(first.Headers.ETag!.ToString()));
        using var second = await _stranger.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotModified), (first.StatusCode, second.StatusCode));
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var free = new DashboardOptions { Port = 0, OtlpGrpcPort = 0, OtlpHttpPort = 0 };

        foreach (var options in new[] { free with { Port = port }, free with { OtlpGrpcPort = port }, free with { OtlpHttpPort = port } })
        {
            var fault = await Assert.ThrowsAsync<IOException>(() => DashboardServer.StartAsync(options, new FakeResources()));
            Assert.Contains($":{port}", fault.Message, StringComparison.Ordinal);
        }
    }
}
