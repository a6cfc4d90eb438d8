using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

[Collection(SharedRedis.Name)]
public sealed class HistoryIsReadOverHttp(RedisFixture fixture)
{
    [Fact]
    public async Task The_newest_those_since_and_page_by_page()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var room = await scene.AddRoomAsync("""{"off":false,"max_messages":0,"max_age_seconds":0}""");
        for (var i = 1; i <= 5; i++)
            await scene.PushAsync(room, $"m{i}", $"id{i}");

        var newest = await GetAsync(scene, $"/history/room:{room}?limit=2");
        var epoch = newest.GetProperty("end").GetProperty("epoch").GetInt64();
        var page = await GetAsync(scene, $"/history/room:{room}?since=1&epoch={epoch}&limit=3");
        var rest = await GetAsync(scene, $"/history/room:{room}?since=4&epoch={epoch}&limit=3");
        var otherLife = await GetAsync(scene, $"/history/room:{room}?since=4&epoch={epoch + 1}");

        Assert.Equal(["m4", "m5"], Texts(newest));
        Assert.Equal(["m2", "m3", "m4"], Texts(page));
        Assert.Equal(["m5"], Texts(rest));
        Assert.Equal((true, 5L), (rest.GetProperty("complete").GetBoolean(), rest.GetProperty("end").GetProperty("offset").GetInt64()));
        Assert.False(otherLife.GetProperty("complete").GetBoolean());
        var message = page.GetProperty("messages")[0];
        Assert.Equal(("id2", 2L), (message.GetProperty("message_id").GetString(), message.GetProperty("position").GetProperty("offset").GetInt64()));
        Assert.Equal("TEXT", message.GetProperty("content").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Bytes_sender_and_metadata_come_too_and_an_empty_channel_is_an_empty_answer()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var user = PushScene.NewId("user");
        var content = new Content { Type = MessageType.Audio, Binary = ByteString.CopyFrom(1, 2), Timestamp = 42, Metadata = { ["k"] = "v" } };
        await scene.Manager.Push.PushToUserAsync(new() { UserId = user, Content = content, Sender = new Sender { UserId = "bob" } });

        var message = (await GetAsync(scene, $"/history/user:{user}")).GetProperty("messages")[0];
        var empty = await GetAsync(scene, "/history/user:" + PushScene.NewId("user"));

        Assert.Equal("bob", message.GetProperty("sender").GetProperty("user_id").GetString());
        var read = message.GetProperty("content");
        Assert.Equal(("AUDIO", "AQI=", 42L, "v"), (read.GetProperty("type").GetString(), read.GetProperty("binary").GetString(), read.GetProperty("timestamp").GetInt64(), read.GetProperty("metadata").GetProperty("k").GetString()));
        Assert.Equal(0, empty.GetProperty("messages").GetArrayLength());
    }

    [Theory]
    [InlineData("/history/garden:1", "channel")]
    [InlineData("/history/all?since=-1", "since")]
    [InlineData("/history/all?epoch=4", "epoch")]
    [InlineData("/history/all?limit=0", "limit")]
    [InlineData("/history/all?limit=1001", "limit")]
    public async Task A_wrong_question_names_what_is_wrong(string path, string says)
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);

        using var answer = await scene.Manager.Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(says, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static Task<JsonElement> GetAsync(PushScene scene, string path) => scene.Manager.Http.GetFromJsonAsync<JsonElement>(path);

    private static IEnumerable<string?> Texts(JsonElement history) =>
        history.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("content").GetProperty("data").GetString());
}
