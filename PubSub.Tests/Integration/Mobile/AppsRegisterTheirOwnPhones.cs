using System.Diagnostics;
using PubSub.Client;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Mobile;

/// <summary>SPEC.md section 12, from an app to the push manager's list, over real processes.</summary>
public sealed class AppsRegisterTheirOwnPhones(AppsRegisterTheirOwnPhones.Scene scene) : IClassFixture<AppsRegisterTheirOwnPhones.Scene>
{
    [Theory]
    [InlineData(FrameEncoding.Json)]
    [InlineData(FrameEncoding.Protobuf)]
    public async Task A_phone_is_registered_renewed_and_removed_in_either_encoding(FrameEncoding encoding)
    {
        var user = $"alice-{encoding}";
        await using var app = await ConnectAsync(user, encoding, "phone");

        var until = await app.RegisterDeviceAsync(PushPlatform.Apns, Phones.NewApnsToken());
        await app.RegisterDeviceAsync(PushPlatform.Fcm, Phones.NewFcmToken(), "tablet");

        var listed = await scene.ListAsync(user);
        Assert.Equal(["phone Apns", "tablet Fcm"], listed.Select(device => $"{device.DeviceId} {device.Platform}").Order());
        Assert.Contains(listed, device => device.ExpiresAt == until.ToUnixTimeMilliseconds());

        Assert.True(await app.RemoveDeviceAsync());
        Assert.False(await app.RemoveDeviceAsync());
        Assert.Equal(["tablet"], (await scene.ListAsync(user)).Select(device => device.DeviceId));
    }

    [Theory]
    [InlineData(FrameEncoding.Json)]
    [InlineData(FrameEncoding.Protobuf)]
    public async Task What_is_wrong_is_named_and_nothing_is_registered(FrameEncoding encoding)
    {
        var user = $"bad-{encoding}";
        await using var app = await ConnectAsync(user, encoding, "");
        (PushPlatform Platform, string Token, string Device, string Field)[] wrong =
        [
            (PushPlatform.Unspecified, "00", "d", "platform"),
            ((PushPlatform)7, "00", "d", "platform"),
            (PushPlatform.Apns, "", "d", "token"),
            (PushPlatform.Apns, "no hex", "d", "token"),
            (PushPlatform.Fcm, new string('a', 4097), "d", "token"),
            (PushPlatform.Fcm, "t", "", "deviceId"),
            (PushPlatform.Fcm, "t", new string('d', 257), "deviceId"),
        ];
        foreach (var (platform, token, device, field) in wrong)
        {
            var refusal = await Assert.ThrowsAsync<PubSubException>(() => app.RegisterDeviceAsync(platform, token, device));
            Assert.Equal((100, false), (refusal.Code, refusal.IsTemporary));
            Assert.StartsWith(field + " ", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Empty(await scene.ListAsync(user));
    }

    [Fact]
    public async Task With_the_push_manager_away_or_hung_the_client_is_told_in_time_and_may_try_again()
    {
        await using var client = await ClusterClient.ConnectAsync(scene.Cluster.NodeUri(0), "carol");
        var phone = new { deviceId = "phone", platform = "FCM", token = Phones.NewFcmToken() };
        await client.RequestAsync("registerDevice", phone);

        var manager = scene.Cluster.PushManagers[0];
        manager.Pause();
        await AssertUnavailableAsync(client, phone);
        manager.Resume();
        await Wait.UntilAsync(() => RegistersAsync(client, phone), "the push manager to be back");

        manager.Kill();
        await AssertUnavailableAsync(client, phone);
        await manager.RestartAsync();
        await Wait.UntilAsync(() => RegistersAsync(client, phone), "the push manager to be back", TimeSpan.FromSeconds(60));
        Assert.Equal(["phone"], (await scene.ListAsync("carol")).Select(device => device.DeviceId));
    }

    private static async Task AssertUnavailableAsync(ClusterClient client, object phone)
    {
        var watch = Stopwatch.StartNew();
        var answer = client.RequestAsync("registerDevice", phone);
        // The session itself waits for nobody.
        await client.PingAsync();
        Assert.False(answer.IsCompletedSuccessfully);
        var refusal = await Assert.ThrowsAsync<ClusterErrorException>(() => answer);
        Assert.Equal(200, refusal.Code);
        // The setting of the scene, and patience with a busy machine.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    private static async Task<bool> RegistersAsync(ClusterClient client, object phone)
    {
        try
        {
            await client.RequestAsync("registerDevice", phone);
            return true;
        }
        catch (ClusterErrorException notYet) when (notYet.Code == 200)
        {
            return false;
        }
    }

    private async Task<PubSubClient> ConnectAsync(string user, FrameEncoding encoding, string device)
    {
        var app = new PubSubClient(new PubSubClientOptions
        {
            Nodes = [scene.Cluster.NodeUri(0)],
            UserId = user,
            DeviceId = device,
            Encoding = encoding,
            RequestTimeout = Wait.Patience,
        });
        await Wait.ForAsync(app.ConnectAsync(), "the app to connect");
        return app;
    }

    public sealed class Scene : IAsyncLifetime
    {
        internal TestCluster Cluster { get; private set; } = null!;

        public async Task InitializeAsync() => Cluster = await TestCluster.StartAsync(
            new TestClusterSize(Nodes: 1, PushManagers: 1, Controllers: 1), new Dictionary<string, string> { ["READ_LOG_TIMEOUT_MS"] = "1000" });

        public Task DisposeAsync() => Cluster.DisposeAsync().AsTask();

        internal async Task<IReadOnlyList<RegisteredDevice>> ListAsync(string user) =>
            (await new DeviceService.DeviceServiceClient(Cluster.Channel(Cluster.PushPorts[0])).ListDevicesAsync(new() { UserId = user })).Devices;
    }
}
