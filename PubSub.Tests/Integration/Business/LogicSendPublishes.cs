using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Pushing;

namespace PubSub.Tests.Integration.Business;

/// <summary>POST /logic/send on the direct path at a BizServer process that has no etcd: its configured push manager is enough.</summary>
[Collection(SharedRedis.Name)]
public sealed class LogicSendPublishes(RedisFixture fixture) : IAsyncLifetime
{
    private const string DefaultLog = """{"off":false,"max_messages":0,"max_age_seconds":0}""";

    private PushScene _scene = null!;
    private ServiceProcess _server = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _scene = await PushScene.StartAsync(fixture.Redis);
        var port = FreePort.Next();
        _server = await ServiceProcess.StartAsync("PubSub.BizServer", "biz-server", new Dictionary<string, string>
        {
            ["HTTP_PORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["PUSH_MANAGER_ADDRESS"] = $"127.0.0.1:{_scene.Manager.GrpcAddress.Port}",
            ["ETCD_ENDPOINTS"] = $"http://127.0.0.1:{FreePort.Next()}",
            ["LOGIC_PATH"] = "push-manager",
            ["LOGIC_TIMEOUT_MS"] = "1000",
        });
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public async Task DisposeAsync()
    {
        _http?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        await _scene.DisposeAsync();
    }

    [Fact]
    public async Task It_accepts_with_the_message_ids_and_says_which_path_it_took()
    {
        var (node, identity) = await _scene.AddNodeAsync();
        var room = await _scene.AddRoomAsync(DefaultLog, identity);
        var request = $$"""{"roomId":"{{room}}","userId":"bob","userName":"Bob","messages":[{"content":"one"},{"content":"two","id":"my-two"}]}""";

        using var answer = await SendAsync(request);
        using var again = await SendAsync(request);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var reply = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("push-manager", reply.GetProperty("path").GetString());
        Assert.Equal(2, reply.GetProperty("messageIds").GetArrayLength());
        Assert.Equal("my-two", reply.GetProperty("messageIds")[1].GetString());
        Assert.Equal(["one", "two", "one"], node.Messages);
        var sender = node.Deliveries[0].Message.Sender;
        Assert.Equal(("bob", "Bob"), (sender.UserId, sender.UserName));
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.Contains("grpc_calls_total{name=\"logic_forward\",service=\"push-manager\",status=\"OK\"} 2", await _server.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_may_hold_all_that_a_clients_may()
    {
        var (node, identity) = await _scene.AddNodeAsync();
        var room = await _scene.AddRoomAsync(DefaultLog, identity);

        using var answer = await SendAsync(
            $$"""{"roomId":"{{room}}","userId":"bob","messages":[{"binary":"AQID","type":"AUDIO","key":"cue","metadata":{"lang":"en"} },{"content":"x","type":"System"}]}""");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var contents = node.Deliveries.Select(delivery => delivery.Message.Content).ToList();
        Assert.Equal([MessageType.Audio, MessageType.System], contents.Select(content => content.Type));
        Assert.Equal(("AQID", "cue", "en"), (contents[0].Binary.ToBase64(), contents[0].Key, contents[0].Metadata["lang"]));
    }

    [Theory]
    [InlineData("""{"roomId":"r","userId":"bob","messages":[{"content":"x","binary":"AQID"}]}""", 400, "give one of them")]
    [InlineData("""{"roomId":"r","userId":"bob","messages":[{"content":"x","type":"DANCE"}]}""", 400, "type")]
    [InlineData("""{"roomId":"r","userId":"bob","messages":[{"content":"x","type":77}]}""", 400, "messages[0].type")]
    [InlineData("""{"roomId":"r","userId":"bob","messages":[{"content":"x","key":"a\u0001b"}]}""", 400, "messages[0].key")]
    [InlineData("""{"userId":"bob","messages":[{"content":"x"}]}""", 400, "roomId")]
    [InlineData("""{"roomId":"r","messages":[{"content":"x"}]}""", 400, "userId")]
    [InlineData("""{"roomId":"r","userId":"bob"}""", 400, "messages")]
    [InlineData("""{"roomId":"r","userId":"bob","messages":[{"content":"x"},{}]}""", 400, "messages[1].content")]
    [InlineData("""{"roomId":"r","userId":"bob","messages":[null]}""", 400, "messages[0].content")]
    [InlineData("""{"roomId":""", 400, "not a send request")]
    [InlineData("""{"roomId":"no-such-room","userId":"bob","messages":[{"content":"x"}]}""", 404, "no-such-room")]
    public async Task Bad_input_is_a_problem_that_names_the_field(string request, int status, string says)
    {
        using var answer = await SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains(says, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_push_manager_it_is_unavailable()
    {
        await _scene.Manager.StopAsync();

        using var answer = await SendAsync("""{"roomId":"r","userId":"bob","messages":[{"content":"x"}]}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    private Task<HttpResponseMessage> SendAsync(string json) =>
        _http.PostAsync("/logic/send", new StringContent(json, Encoding.UTF8, "application/json"));
}
