using PubSub.PushManager.Mobile;
using PubSub.PushManager.Offline;
using PubSub.PushManager.Webhooks;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Mobile;

/// <summary>The files with the keys for APNs and FCM change while notifications are sent.</summary>
public sealed class KeysAreReplacedWithoutARestart : IAsyncLifetime
{
    /// <summary>As docs/offline.md says it.</summary>
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly UnexpectedLogs _logs = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pubsub-keys-");
    private FakeApns _apns = null!;
    private FakeFcm _fcm = null!;
    private ApnsNotifier _apple = null!;
    private FcmNotifier _google = null!;

    public async Task InitializeAsync()
    {
        _time.Advance(TimeSpan.FromDays(20_000));
        _apns = await FakeApns.StartAsync(_time);
        _fcm = await FakeFcm.StartAsync(_time);
        Write("apns.p8", _apns.KeyPem);
        Write("apns.id", FakeApns.KeyId + "\n");
        Write("fcm.json", _fcm.Credentials);
        var apns = new ApnsOptions
        {
            Topic = FakeApns.Topic,
            TeamId = FakeApns.TeamId,
            Url = _apns.Url,
            KeyFile = PathOf("apns.p8"),
            KeyIdFile = PathOf("apns.id"),
        };
        var fcm = new FcmOptions { CredentialsFile = PathOf("fcm.json"), Url = _fcm.Url };
        Assert.Empty(apns.Faults().Concat(fcm.Faults()));
        _apple = new ApnsNotifier(apns, new MobileOptions(), _time, PushServiceHttp.NewHandler(), _logs.CreateLogger("apns"));
        _google = new FcmNotifier(fcm, new MobileOptions(), _time, PushServiceHttp.NewHandler(), _logs.CreateLogger("fcm"));
    }

    public async Task DisposeAsync()
    {
        _apple.Dispose();
        _google.Dispose();
        await _apns.DisposeAsync();
        await _fcm.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task While_the_former_key_is_still_good_the_new_one_is_used_a_little_later_and_nothing_is_refused()
    {
        await AssertSentAsync();
        Write("apns.p8", _apns.AddKey("NEWKEY0001"));
        Write("apns.id", "NEWKEY0001");
        _fcm.ReplaceKey("another-key");
        Write("fcm.json", _fcm.Credentials);

        await AssertSentAsync();
        Assert.Equal([FakeApns.KeyId, FakeApns.KeyId], _apns.Requests.Select(FakeApns.KeyOf));
        Assert.Equal(1, _fcm.Exchanges);

        _time.Advance(Noticed);
        await AssertSentAsync();
        Assert.Equal("NEWKEY0001", FakeApns.KeyOf(_apns.Requests[^1]));
        Assert.Equal((3, 2), (_apns.Requests.Count, _fcm.Exchanges));
        Assert.Empty(_apns.Faults.Concat(_fcm.Faults));
        _logs.AssertOnly();
    }

    [Fact]
    public async Task A_key_that_is_revoked_at_once_costs_one_refusal_and_no_notification()
    {
        await AssertSentAsync();
        Write("apns.p8", _apns.AddKey("NEWKEY0001"));
        Write("apns.id", "NEWKEY0001");
        _apns.RevokeKey(FakeApns.KeyId);
        _fcm.ReplaceKey("another-key");
        _fcm.RevokeAll();
        Write("fcm.json", _fcm.Credentials);

        await AssertSentAsync();
        await AssertSentAsync();
        Assert.Equal([FakeApns.KeyId, FakeApns.KeyId, "NEWKEY0001", "NEWKEY0001"], _apns.Requests.Select(FakeApns.KeyOf));
        Assert.Equal((4, 2), (_fcm.Requests.Count, _fcm.Exchanges));
    }

    [Fact]
    public async Task A_file_that_cannot_be_used_is_said_once_and_the_former_key_stays()
    {
        await AssertSentAsync();
        Write("apns.p8", "-----BEGIN PRIVATE");
        Write("fcm.json", "{");
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(Noticed);
            await AssertSentAsync();
        }

        Assert.Equal(["APNS_KEY_FILE", "FCM_CREDENTIALS_FILE"], _logs.Entries.Select(entry => entry.Message.Split(':')[0]).Order());
        Assert.All(_logs.Entries, entry => Assert.Equal(3361, entry.EventId.Id));

        Write("apns.p8", _apns.AddKey("NEWKEY0001"));
        Write("apns.id", "NEWKEY0001");
        _time.Advance(Noticed);
        await AssertSentAsync();
        Assert.Equal("NEWKEY0001", FakeApns.KeyOf(_apns.Requests[^1]));
    }

    private async Task AssertSentAsync()
    {
        foreach (var (notifier, notification) in new (IOfflineNotifier, Notification)[] { (_apple, Phones.ToApns("x")), (_google, Phones.ToFcm("x")) })
        {
            var outcome = await Wait.ForAsync(notifier.NotifyAsync(notification, CancellationToken.None), $"{notifier.Name}");
            Assert.True(outcome.Result is NotifyResult.Sent, $"{notifier.Name}: {outcome}");
        }
    }

    private string PathOf(string file) => Path.Combine(_folder.FullName, file);

    private void Write(string file, string text) => File.WriteAllText(PathOf(file), text);
}
