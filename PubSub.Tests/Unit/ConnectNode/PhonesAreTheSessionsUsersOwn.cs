using System.Text.Json;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>SPEC.md section 12.</summary>
public sealed class PhonesAreTheSessionsUsersOwn : IAsyncLifetime
{
    private NodeHost _node = null!;

    public async Task InitializeAsync() => _node = await NodeHost.StartAsync();

    public Task DisposeAsync() => _node.DisposeAsync().AsTask();

    [Fact]
    public async Task A_phone_is_registered_for_the_user_of_the_session_whatever_the_frame_says()
    {
        using var client = await OpenAsync("user_id=alice&device_id=phone");
        await SendAsync(client, "registerDevice", """{"user_id":"bob","userId":"bob","platform":"FCM","token":"t1"}""");
        await SendAsync(client, "registerDevice", """{"platform":"FCM","token":"t2","deviceId":"tablet"}""");

        Assert.Equal(("phone", 42L), Registered(await client.ReadAsync("deviceRegistered")));
        Assert.Equal(("tablet", 42L), Registered(await client.ReadAsync("deviceRegistered")));
        Assert.Equal([(("alice", "phone"), "t1"), (("alice", "tablet"), "t2")], _node.Upstream.Devices.Select(device => (device.Key, device.Value)).Order());

        await SendAsync(client, "removeDevice", "{}");
        Assert.True((await client.ReadAsync("deviceRemoved")).GetProperty("payload").GetProperty("removed").GetBoolean());
        await SendAsync(client, "removeDevice", "{}");
        Assert.False((await client.ReadAsync("deviceRemoved")).GetProperty("payload").GetProperty("removed").GetBoolean());
        Assert.Equal(["tablet"], _node.Upstream.Devices.Keys.Select(device => device.Device));
    }

    [Theory]
    [InlineData("registerDevice", """{"platform":"FCM","token":"t"}""")]
    [InlineData("registerDevice", """{"platform":"FCM","token":"t","deviceId":"a\u0001"}""")]
    [InlineData("removeDevice", "{}")]
    public async Task A_bad_device_id_is_named(string type, string payload)
    {
        using var client = await OpenAsync("user_id=alice");
        await SendAsync(client, type, payload);

        var error = await client.ReadAsync("error");
        Assert.Equal("r", error.GetProperty("id").GetString());
        Assert.Equal(100, error.GetProperty("payload").GetProperty("code").GetInt32());
        Assert.StartsWith("deviceId ", error.GetProperty("payload").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(_node.Upstream.Devices);
    }

    [Fact]
    public async Task While_a_registration_hangs_everything_else_of_the_session_goes_on_and_an_outage_is_an_answer()
    {
        var hang = new TaskCompletionSource();
        _node.Upstream.BeforeRegistration = hang.Task;
        using var client = await OpenAsync("user_id=alice&device_id=phone");
        await SendAsync(client, "registerDevice", """{"platform":"FCM","token":"t"}""");
        await SendAsync(client, "join", """{"roomId":"r"}""");
        await client.ReadAsync("joined");
        await SendAsync(client, "clientMessages", """{"roomId":"r","content":"x"}""");
        await client.ReadAsync("published");

        _node.Upstream.IsAway = true;
        hang.SetResult();
        var error = (await client.ReadAsync("error")).GetProperty("payload");
        Assert.Equal((200, true), (error.GetProperty("code").GetInt32(), error.GetProperty("temporary").GetBoolean()));

        _node.Upstream.IsAway = false;
        await SendAsync(client, "registerDevice", """{"platform":"FCM","token":"t"}""");
        await client.ReadAsync("deviceRegistered");
    }

    [Fact]
    public async Task A_request_without_an_id_is_done_and_not_answered()
    {
        using var client = await OpenAsync("user_id=alice&device_id=phone");
        await client.SendTextAsync("""{"type":"registerDevice","payload":{"platform":"APNS","token":"00"}}""");
        await Wait.UntilAsync(() => !_node.Upstream.Devices.IsEmpty, "the registration");
        await SendAsync(client, "ping", "{}");
        var (_, next) = await client.ReadFrameAsync();
        Assert.Equal("pong", JsonDocument.Parse(next).RootElement.GetProperty("type").GetString());
    }

    private async Task<RawWebSocket> OpenAsync(string query)
    {
        var client = await RawWebSocket.OpenAsync(_node.Port, query);
        await client.ReadAsync("connected");
        return client;
    }

    private static Task SendAsync(RawWebSocket client, string type, string payload) =>
        client.SendTextAsync($$"""{"type":"{{type}}","id":"r","payload":{{payload}}}""");

    private static (string?, long) Registered(JsonElement frame) =>
        (frame.GetProperty("payload").GetProperty("deviceId").GetString(), frame.GetProperty("payload").GetProperty("expiresAt").GetInt64());
}
