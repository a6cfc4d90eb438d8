using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Pushing;

namespace PubSub.Tests.Integration.Mobile;

/// <summary>The doors at which devices get in and out, and what is kept of them.</summary>
[Collection(SharedRedis.Name)]
public sealed class DevicesAreRegistered(RedisFixture fixture)
{
    public static TheoryData<string, string, string, PushPlatform, string> BadDevices => new()
    {
        { "user_id", "", "d", PushPlatform.Apns, "00" },
        { "device_id", "u", "", PushPlatform.Apns, "00" },
        { "device_id", "u", new string('d', 257), PushPlatform.Apns, "00" },
        { "platform", "u", "d", PushPlatform.Unspecified, "00" },
        { "platform", "u", "d", (PushPlatform)9, "00" },
        { "token", "u", "d", PushPlatform.Apns, "" },
        { "token", "u", "d", PushPlatform.Apns, "../../evil" },
        { "token", "u", "d", PushPlatform.Apns, "abc" },
        { "token", "u", "d", PushPlatform.Apns, new string('a', 202) },
        { "token", "u", "d", PushPlatform.Fcm, "" },
        { "token", "u", "d", PushPlatform.Fcm, "two words" },
        { "token", "u", "d", PushPlatform.Fcm, new string('a', 4097) },
    };

    [Theory]
    [MemberData(nameof(BadDevices))]
    public async Task Bad_input_names_the_field_and_writes_nothing(string field, string user, string device, PushPlatform platform, string token)
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var before = await fixture.Redis.CommandAsync("DBSIZE");

        var refusal = await Assert.ThrowsAsync<RpcException>(() => RegisterAsync(scene, user, device, platform, token));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.StartsWith(field, refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(before, await fixture.Redis.CommandAsync("DBSIZE"));
    }

    [Fact]
    public async Task A_device_is_registered_listed_without_its_token_renewed_and_removed()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--DEVICE_TOKEN_SECONDS=1000");
        var user = PushScene.NewId("user");
        await RegisterAsync(scene, user, "phone", PushPlatform.Apns, Phones.NewApnsToken());
        await RegisterAsync(scene, user, "tablet", PushPlatform.Fcm, Phones.NewFcmToken());
        var renewed = await RegisterAsync(scene, user, "phone", PushPlatform.Apns, Phones.NewApnsToken());

        var devices = (await Devices(scene).ListDevicesAsync(new() { UserId = user })).Devices;

        Assert.Equal([("phone", PushPlatform.Apns), ("tablet", PushPlatform.Fcm)], devices.Select(device => (device.DeviceId, device.Platform)).Order());
        Assert.All(devices, device => Assert.Equal(device.RegisteredAt + 1_000_000, device.ExpiresAt));
        Assert.Contains(devices, device => device.ExpiresAt == renewed.ExpiresAt);
        Assert.InRange((long)(await fixture.Redis.CommandAsync("TTL", $"{{user:{user}}}:devices"))!, 900, 1000);

        Assert.True((await Devices(scene).RemoveDeviceAsync(new() { UserId = user, DeviceId = "phone" })).Removed);
        Assert.False((await Devices(scene).RemoveDeviceAsync(new() { UserId = user, DeviceId = "phone" })).Removed);
        Assert.Equal(["tablet"], await IdsAsync(scene, user));
    }

    [Fact]
    public async Task A_token_belongs_to_one_user_and_one_device()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (alice, bob) = (PushScene.NewId("user"), PushScene.NewId("user"));
        var token = Phones.NewFcmToken();

        await RegisterAsync(scene, alice, "phone", PushPlatform.Fcm, token);
        await RegisterAsync(scene, alice, "the-same-phone", PushPlatform.Fcm, token);
        Assert.Equal(["the-same-phone"], await IdsAsync(scene, alice));

        await RegisterAsync(scene, bob, "phone", PushPlatform.Fcm, token);
        Assert.Empty(await IdsAsync(scene, alice));
        Assert.Equal(["phone"], await IdsAsync(scene, bob));

        await RegisterAsync(scene, alice, "phone", PushPlatform.Fcm, token);
        Assert.Empty(await IdsAsync(scene, bob));
        Assert.Equal(["phone"], await IdsAsync(scene, alice));
    }

    [Fact]
    public async Task Too_many_devices_push_out_the_oldest_and_what_was_not_renewed_is_forgotten()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis, "--DEVICES_PER_USER=3", "--DEVICE_TOKEN_SECONDS=1000");
        var user = PushScene.NewId("user");
        foreach (var id in new[] { "a", "b", "c", "d" })
        {
            await RegisterAsync(scene, user, id, PushPlatform.Fcm, Phones.NewFcmToken());
            // Each in a millisecond of its own, so that one is the oldest.
            var registered = (await Devices(scene).ListDevicesAsync(new() { UserId = user })).Devices.Max(device => device.RegisteredAt);
            await Wait.UntilAsync(() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() > registered, "the next millisecond");
        }

        Assert.Equal(["b", "c", "d"], await IdsAsync(scene, user));

        await fixture.Redis.CommandAsync("HSET", $"{{user:{user}}}:devices", "c", "fcm 1000 old-token");
        Assert.Equal(["b", "d"], await IdsAsync(scene, user));
        await RegisterAsync(scene, user, "b", PushPlatform.Fcm, Phones.NewFcmToken());
        Assert.Equal(0L, await fixture.Redis.CommandAsync("HEXISTS", $"{{user:{user}}}:devices", "c"));
    }

    [Fact]
    public async Task The_http_doors_do_the_same_and_no_answer_quotes_a_token()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var http = scene.Manager.Http;
        var user = PushScene.NewId("user");
        var token = Phones.NewApnsToken();

        using var put = await http.PutAsync($"/users/{user}/devices/phone", Json($$"""{"platform":"apns","token":"{{token}}"}"""));
        var list = await http.GetStringAsync($"/users/{user}/devices");
        using var wrong = await http.PutAsync($"/users/{user}/devices/phone", Json($$"""{"platform":"pager","token":"{{token}}"}"""));
        using var broken = await http.PutAsync($"/users/{user}/devices/phone", Json($$"""{"platform":"apns","token":{{token}}"""));
        using var form = await http.PutAsync($"/users/{user}/devices/phone", new StringContent("x", Encoding.UTF8, "text/plain"));
        using var removed = await http.DeleteAsync($"/users/{user}/devices/phone");

        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.InRange((await put.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("expires_at").GetInt64(), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), long.MaxValue);
        var device = JsonDocument.Parse(list).RootElement.GetProperty("devices")[0];
        Assert.Equal(("phone", "APNS"), (device.GetProperty("device_id").GetString(), device.GetProperty("platform").GetString()));
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest, HttpStatusCode.UnsupportedMediaType), (wrong.StatusCode, broken.StatusCode, form.StatusCode));
        Assert.StartsWith("platform", (await wrong.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.True((await removed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("removed").GetBoolean());
        foreach (var text in new[] { list, await wrong.Content.ReadAsStringAsync(), await broken.Content.ReadAsStringAsync() })
            Assert.DoesNotContain(token, text, StringComparison.Ordinal);
    }

    internal static async Task<RegisterDeviceReply> RegisterAsync(PushScene scene, string user, string device, PushPlatform platform, string token) =>
        await Devices(scene).RegisterDeviceAsync(new() { UserId = user, DeviceId = device, Platform = platform, Token = token });

    internal static async Task<IEnumerable<string>> IdsAsync(PushScene scene, string user) =>
        (await Devices(scene).ListDevicesAsync(new() { UserId = user })).Devices.Select(device => device.DeviceId).Order();

    private static DeviceService.DeviceServiceClient Devices(PushScene scene) => new(scene.Manager.Channel);

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
