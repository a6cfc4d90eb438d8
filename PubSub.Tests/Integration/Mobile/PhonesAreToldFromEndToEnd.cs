using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Mobile;

/// <summary>Real processes, real sessions, and both push services over TLS, whose certificate the system trusts.</summary>
public sealed class PhonesAreToldFromEndToEnd
{
    [Fact]
    public async Task Of_a_push_to_who_is_away_each_phone_is_told_once_and_of_one_to_who_is_there_none()
    {
        using var certificate = TestCertificate.ForLoopback();
        var trusted = Path.GetTempFileName();
        await File.WriteAllTextAsync(trusted, certificate.ExportCertificatePem());
        await using var apns = await FakeApns.StartAsync(certificate: certificate);
        await using var fcm = await FakeFcm.StartAsync(certificate: certificate);
        await using var cluster = await TestCluster.StartAsync(new TestClusterSize(Nodes: 2, PushManagers: 2, Controllers: 1), new Dictionary<string, string>
        {
            ["SSL_CERT_FILE"] = trusted,
            ["APNS_TOPIC"] = FakeApns.Topic,
            ["APNS_KEY"] = apns.KeyPem,
            ["APNS_KEY_ID"] = FakeApns.KeyId,
            ["APNS_TEAM_ID"] = FakeApns.TeamId,
            ["APNS_URL"] = apns.Url,
            ["FCM_CREDENTIALS"] = fcm.Credentials,
            ["FCM_URL"] = fcm.Url,
        });
        await cluster.WaitForLinksAsync(2);
        var devices = new DeviceService.DeviceServiceClient(cluster.Channel(cluster.PushPorts[0]));
        var (phone, android) = (Phones.NewApnsToken(), Phones.NewFcmToken());
        await devices.RegisterDeviceAsync(new() { UserId = "alice", DeviceId = "phone", Platform = PushPlatform.Apns, Token = phone });
        await devices.RegisterDeviceAsync(new() { UserId = "alice", DeviceId = "android", Platform = PushPlatform.Fcm, Token = android });

        await using (var alice = await ClusterClient.ConnectAsync(cluster.NodeUri(1), "alice"))
        {
            for (var i = 0; i < 2; i++)
                await PushAsync(cluster, i, $"there-{i}");
            await Wait.UntilAsync(() => alice.Received("user:alice", 2), "both to arrive");
        }

        await Wait.UntilAsync(async () => (await cluster.SessionsOfAsync("alice")).Count == 0, "her session to be gone");
        for (var i = 0; i < 2; i++)
            await PushAsync(cluster, i, $"away-{i}");
        await Wait.UntilAsync(() => apns.Requests.Count >= 2 && fcm.Requests.Count >= 2, "both phones to be told of both");

        // Whatever else was to be told, by either push manager, would be under way or counted: for each push one look-up and
        // two phones.
        await Wait.UntilAsync(
            async () => await SumAsync(cluster, "push_manager_offline_total") >= 6 && await SumAsync(cluster, "push_manager_offline_queue") + await SumAsync(cluster, "push_manager_offline_under_way") == 0,
            "everything to be told");
        Assert.Equal(6, await SumAsync(cluster, "push_manager_offline_total"));
        Assert.Equal(["away-0", "away-1"], apns.Requests.Select(request => request.Text).Order());
        Assert.Equal(["away-0", "away-1"], fcm.Requests.Select(request => request.Text).Order());
        Assert.All(apns.Requests, request => Assert.Equal(phone, request.Token));
        Assert.All(fcm.Requests, request => Assert.Equal(android, request.Token));
        Assert.Empty(apns.Faults);
        Assert.Empty(fcm.Faults);
        Assert.All(cluster.PushManagers, manager => Assert.DoesNotContain(phone, manager.Output, StringComparison.Ordinal));
        File.Delete(trusted);
    }

    private static async Task<double> SumAsync(TestCluster cluster, string metric) =>
        (await Task.WhenAll(cluster.PushManagers.Select(manager => manager.MetricAsync(metric)))).Sum();

    private static async Task PushAsync(TestCluster cluster, int manager, string text) =>
        await cluster.PushManager(manager).PushToUserAsync(new() { UserId = "alice", Content = new Content { Data = text }, MessageId = text });
}
