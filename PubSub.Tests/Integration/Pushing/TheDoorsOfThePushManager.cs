using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Protocol.Compat.Broadcast;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

[Collection(SharedRedis.Name)]
public sealed class TheDoorsOfThePushManager(RedisFixture fixture)
{
    private const string DefaultLog = """{"off":false,"max_messages":0,"max_age_seconds":0}""";

    public static TheoryData<string, string> BadPushes => new()
    {
        { "room_id", """{"room_id":"","content":{"data":"x"}}""" },
        { "room_id", $$"""{"room_id":"{{new string('r', 257)}}","content":{"data":"x"} }""" },
        { "room_id", """{"room_id":"a\nb","content":{"data":"x"}}""" },
        { "content", """{"room_id":"r"}""" },
        { "content", """{"room_id":"r","content":{}}""" },
        { "content", """{"room_id":"r","content":{"data":""}}""" },
        { "content.data", $$"""{"room_id":"r","content":{"data":"{{new string('x', 2001)}}"} }""" },
        { "content.binary", $$"""{"room_id":"r","content":{"binary":"{{Convert.ToBase64String(new byte[2001])}}"} }""" },
        { "content.timestamp", """{"room_id":"r","content":{"data":"x","timestamp":-1}}""" },
        { "content.type", """{"room_id":"r","content":{"data":"x","type":77}}""" },
        { "content.metadata", """{"room_id":"r","content":{"data":"x","metadata":{"a":"1","b":"2","c":"3"}}}""" },
        { "content.metadata", """{"room_id":"r","content":{"data":"x","metadata":{"":"1"}}}""" },
        { "message_id", $$"""{"room_id":"r","content":{"data":"x"},"message_id":"{{new string('i', 257)}}"}""" },
        { "sender.user_id", """{"room_id":"r","content":{"data":"x"},"sender":{"user_name":"bob"}}""" },
    };

    [Theory]
    [MemberData(nameof(BadPushes))]
    public async Task Bad_input_names_the_field_and_writes_nothing(string field, string request)
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--PUSH_MAX_BODY_BYTES=2000", "--PUSH_MAX_METADATA=2");
        var before = await fixture.Redis.CommandAsync("DBSIZE");
        var push = JsonParser.Default.Parse<PushToRoomRequest>(request);

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await scene.Manager.Push.PushToRoomAsync(push));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.StartsWith(field, refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(before, await fixture.Redis.CommandAsync("DBSIZE"));
    }

    [Fact]
    public async Task A_room_that_nobody_made_is_not_found_and_gets_no_log()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => scene.PushAsync("nobody-made-me", "x", "id"));

        Assert.Equal(StatusCode.NotFound, refusal.StatusCode);
        Assert.Contains("nobody-made-me", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Empty((object?[])(await fixture.Redis.CommandAsync("KEYS", "*nobody-made-me*"))!);
    }

    [Fact]
    public async Task The_http_doors_take_and_answer_the_fields_of_the_grpc_doors()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, identity);
        var user = PushScene.NewId("user");
        var push = """
            {"content":{"type":"SYSTEM","data":"hi","timestamp":42,"metadata":{"k":"v"}},"message_id":"h1","sender":{"user_id":"bob","user_name":"Bob"}}
            """;

        using var answer = await scene.Manager.Http.PostAsync($"/push/room/{room}", Json(push));
        var reply = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("h1", reply.GetProperty("message_id").GetString());
        Assert.Equal(1, reply.GetProperty("position").GetProperty("offset").GetInt64());
        Assert.Equal((1, 2), (reply.GetProperty("nodes_reached").GetInt32(), reply.GetProperty("sessions_reached").GetInt32()));
        var message = Assert.Single(node.Deliveries).Message;
        Assert.Equal((MessageType.System, "hi", 42L, "v"), (message.Content.Type, message.Content.Data, message.Content.Timestamp, message.Content.Metadata["k"]));
        Assert.Equal(("bob", "Bob"), (message.Sender.UserId, message.Sender.UserName));

        using var toUser = await scene.Manager.Http.PostAsync($"/push/user/{user}", Json("""{"content":{"binary":"AAEC"}}"""));
        Assert.Equal(user, (await toUser.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("offline_users")[0].GetString());
        using var toAll = await scene.Manager.Http.PostAsync("/push/all", Json("""{"content":{"data":"everybody"}}"""));
        Assert.Equal(1, (await toAll.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("nodes_reached").GetInt32());
    }

    [Theory]
    [InlineData("/push/room/no-such-room", """{"content":{"data":"x"}}""", 404, "no-such-room")]
    [InlineData("/push/all", """{"content":{"data":""}}""", 400, "content")]
    [InlineData("/push/all", """{"content":{"data":"x","binary":"AA=="}}""", 400, "data and binary")]
    [InlineData("/push/all", """{"content":{"data":"x","type":"LOUD"}}""", 400, "content.type")]
    [InlineData("/push/all", """{"content":""", 400, "not a push")]
    [InlineData("/push/all", "null", 400, "null")]
    public async Task Http_errors_are_problem_details(string path, string body, int status, string says)
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);

        using var answer = await scene.Manager.Http.PostAsync(path, Json(body));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains(says, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_that_are_too_large_or_not_json_are_refused_as_such()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--PUSH_MAX_BODY_BYTES=1000");

        using var large = await scene.Manager.Http.PostAsync("/push/all", Json(new string(' ', 200_000) + "{}"));
        using var form = await scene.Manager.Http.PostAsync("/push/all", new StringContent("content=x", Encoding.UTF8, "text/plain"));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, form.StatusCode);
    }

    [Fact]
    public async Task The_openapi_document_describes_the_doors()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);

        var document = await scene.Manager.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json");

        var paths = document.GetProperty("paths");
        Assert.Equal(
            ["/history/{channel}", "/push/all", "/push/room/{room_id}", "/push/user/{user_id}", "/users/{user_id}/devices", "/users/{user_id}/devices/{device_id}"],
            paths.EnumerateObject().Select(path => path.Name).Order());
        var fields = document.GetProperty("components").GetProperty("schemas").GetProperty("PushJson").GetProperty("properties");
        Assert.Equal(["content", "message_id", "receipts_to", "sender"], fields.EnumerateObject().Select(field => field.Name).Order());
        var answers = paths.GetProperty("/push/room/{room_id}").GetProperty("post").GetProperty("responses");
        Assert.Contains("404", answers.EnumerateObject().Select(answer => answer.Name));
    }

    [Fact]
    public async Task The_compatibility_door_answers_with_codes_and_never_with_an_error()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, identity);

        var good = await scene.Manager.Compat.BroadcastAsync(new BroadCastReq { RoomId = room, Content = "hello" });
        var unknown = await scene.Manager.Compat.BroadcastAsync(new BroadCastReq { RoomId = "nobody-made-this-one", Content = "hello" });
        var empty = await scene.Manager.Compat.BroadcastAsync(new BroadCastReq { Content = "hello" });

        Assert.Equal("0", good.Code);
        Assert.Equal(["hello"], node.Messages);
        Assert.Equal("5", unknown.Code);
        Assert.Contains("nobody-made-this-one", unknown.Msg, StringComparison.Ordinal);
        Assert.Equal("3", empty.Code);
        Assert.Contains("room_id", empty.Msg, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_metrics_have_the_names_that_are_on_dashboards()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (_, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, identity);
        await scene.PushAsync(room, "x");
        await Assert.ThrowsAsync<RpcException>(() => scene.PushAsync("nobody", "x"));

        var metrics = await scene.Manager.Metrics.GetStringAsync("/metrics");

        foreach (var sample in new[]
        {
            "push_manager_api_requests_total{method=\"PushToRoom\",status=\"OK\"} 1",
            "push_manager_api_requests_total{method=\"PushToRoom\",status=\"NotFound\"} 1",
            "push_manager_api_duration_seconds_bucket{method=\"PushToRoom\"",
            "push_manager_api_duration_seconds_count{method=\"PushToRoom\"} 2",
            "push_manager_node_connections 1",
            "push_manager_push_success_total{kind=\"room\"} 1",
            "push_manager_push_failed_total{kind=\"room\",status=\"NotFound\"} 1",
            "grpc_calls_total{name=\"resolve_channels\",service=\"controller\",status=\"OK\"} 1",
            "push_manager_appends_total{kind=\"room\"} 1",
            "push_manager_link_queue 0",
            "push_manager_lane_queue 0",
        })
        {
            Assert.Contains(sample, metrics, StringComparison.Ordinal);
        }
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
