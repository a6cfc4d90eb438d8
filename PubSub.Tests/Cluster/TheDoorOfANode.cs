using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>Who comes in and who has to go, on nodes with settings of their own.</summary>
[Collection(SharedCluster.Name)]
public sealed class TheDoorOfANode(ClusterFixture fixture) : IAsyncLifetime
{
    private const string Key = "a key for tests that has more than 32 characters";

    private readonly TestCluster _cluster = fixture.Cluster;
    private readonly string _user = fixture.NewName("user");
    private int _node;

    public async Task InitializeAsync() => _node = await _cluster.AddNodeAsync(
        fixture.NewName("strict-node"), ("TOKEN_KEY", Key), ("HEARTBEAT_SECONDS", "2"), ("CONNECT_TIMEOUT_SECONDS", "1"), ("MAX_CONNECTIONS", "2"));

    public Task DisposeAsync() => _cluster.RemoveNodeAsync(_node);

    /// <summary>SPEC.md 1.1, 1.3 and 1.4.</summary>
    [Fact]
    public async Task A_token_is_believed_when_it_is_signed_and_not_over_and_a_user_id_is_not()
    {
        var uri = _cluster.NodeUri(_node);
        await using (var byUrl = await ClusterClient.OpenAsync(uri, _user, $"token={Token(_user)}"))
            Assert.Equal(_user, (await byUrl.ForFrameAsync("connected")).GetProperty("userId").GetString());

        await using (var byFrame = await ClusterClient.OpenAsync(uri, _user, ""))
            Assert.Equal(_user, (await byFrame.RequestAsync("connect", new { token = Token(_user) })).GetProperty("userId").GetString());

        var half = Token(_user)[..^4];
        string[] refused = [$"user_id={_user}", $"token={Token(_user, seconds: -1)}", $"token={Token(_user, Key + "!")}", $"token={half}AAAA", "token=x", "token="];
        Assert.All(
            await Task.WhenAll(refused.Select(query => StatusAsync(query))),
            status => Assert.Equal(HttpStatusCode.Unauthorized, status));

        await using var wrong = await ClusterClient.OpenAsync(uri, _user, "");
        await wrong.SendAsync($$$"""{"type":"connect","id":"1","payload":{"token":"{{{Token(_user, seconds: -1)}}}"}}""");
        Assert.Equal(4500, await Wait.ForAsync(wrong.Closed, "a wrong token to be refused"));
        await using var hasty = await ClusterClient.OpenAsync(uri, _user, "");
        await hasty.SendAsync("""{"type":"ping"}""");
        Assert.Equal(4500, await Wait.ForAsync(hasty.Closed, "another first frame to be refused"));
        await using var silent = await ClusterClient.OpenAsync(uri, _user, "");
        Assert.Equal(4005, await Wait.ForAsync(silent.Closed, "no first frame to be refused"));
    }

    /// <summary>SPEC.md 1.3.</summary>
    [Fact]
    public async Task A_full_node_refuses_with_503_until_somebody_leaves()
    {
        var first = await ClusterClient.OpenAsync(_cluster.NodeUri(_node), _user, $"token={Token(_user)}");
        await using var second = await ClusterClient.OpenAsync(_cluster.NodeUri(_node), _user, $"token={Token(_user)}");

        using var http = new HttpClient();
        using var answer = await http.SendAsync(Upgrade($"token={Token(_user)}"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Contains("all the 2 connections", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await first.DisposeAsync();
        await Wait.UntilAsync(async () => await StatusAsync($"token={Token(_user)}") == HttpStatusCode.SwitchingProtocols, "a place to be free");
    }

    /// <summary>SPEC.md 1.3.</summary>
    [Fact]
    public async Task Who_comes_in_a_crowd_is_told_when_to_come_back_and_who_is_there_stays()
    {
        const int crowd = 24;
        const int atOnce = 2;
        var busy = await _cluster.AddNodeAsync(fixture.NewName("busy-node"), ("MAX_CONNECTS_PER_SECOND", $"{atOnce}"));
        try
        {
            var room = fixture.NewName("room");
            await using var present = await ClusterClient.ConnectAsync(_cluster.NodeUri(busy), _user, room);
            using var http = new HttpClient();
            var watch = Stopwatch.StartNew();
            var answers = await Task.WhenAll(Enumerable.Range(0, crowd).Select(i => http.SendAsync(
                Upgrade($"user_id=crowd-{i}", busy), HttpCompletionOption.ResponseHeadersRead)));

            var seconds = (int)watch.Elapsed.TotalSeconds + 2;
            var welcome = answers.Count(answer => answer.StatusCode == HttpStatusCode.SwitchingProtocols);
            Assert.InRange(welcome, 1, Math.Min(crowd - 1, atOnce * seconds));
            var refused = answers.Where(answer => answer.StatusCode != HttpStatusCode.SwitchingProtocols).ToArray();
            Assert.All(refused, answer => Assert.Equal(
                (HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(1)), (answer.StatusCode, answer.Headers.RetryAfter?.Delta)));
            Assert.Contains("try again in a second", await refused[0].Content.ReadAsStringAsync(), StringComparison.Ordinal);

            await present.PublishAsync(room, "still here");
            await present.ForDeliveryAsync("still here");
            await using var elsewhere = await ClusterClient.ConnectAsync(_cluster.NodeUri(0), _user, room);
            await Wait.UntilAsync(
                async () => await StatusAsync("user_id=later", busy) == HttpStatusCode.SwitchingProtocols, "a refused client to be welcome");
        }
        finally
        {
            await _cluster.RemoveNodeAsync(busy);
        }
    }

    /// <summary>SPEC.md 7.</summary>
    [Fact]
    public async Task A_dead_peer_is_found_within_two_heartbeats_and_its_user_is_offline()
    {
        using var dead = await RawWebSocket.OpenAsync(_cluster.NodeHttpPorts[_node], $"token={Token(_user)}");
        await dead.ReadAsync("connected");
        var watch = Stopwatch.StartNew();
        Assert.Equal(0x89, (await dead.ReadFrameAsync()).First);
        var pinged = watch.Elapsed;
        Assert.Equal(4002, (await dead.ReadAsync("disconnect")).GetProperty("payload").GetProperty("code").GetInt32());

        // Not more than two intervals, and some for a busy machine; not before the second has begun.
        Assert.InRange(watch.Elapsed, pinged, TimeSpan.FromSeconds(4 + 3));
        dead.Dispose();
        await Wait.UntilAsync(async () => (await _cluster.SessionsOfAsync(_user)).Count == 0, "the user to be offline");
    }

    private async Task<HttpStatusCode> StatusAsync(string query, int? node = null)
    {
        using var http = new HttpClient();
        using var answer = await http.SendAsync(Upgrade(query, node), HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }

    private HttpRequestMessage Upgrade(string query, int? node = null) => new(HttpMethod.Get, $"http://127.0.0.1:{_cluster.NodeHttpPorts[node ?? _node]}/ws?{query}")
    {
        Headers =
        {
            { "Connection", "Upgrade" }, { "Upgrade", "websocket" }, { "Sec-WebSocket-Version", "13" }, { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==" },
        },
    };

    private static string Token(string user, string key = Key, int seconds = 600)
    {
        var end = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds;
        var body = $"{Part("""{"alg":"HS256","typ":"JWT"}""")}.{Part($$"""{"sub":"{{user}}","name":"Some name","exp":{{end}}}""")}";
        return $"{body}.{System.Buffers.Text.Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.ASCII.GetBytes(body)))}";
    }

    private static string Part(string json) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
