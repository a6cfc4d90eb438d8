using System.Security.Cryptography;
using System.Text.Json;
using PubSub.PushManager.Mobile;

namespace PubSub.Tests.Unit.Pushing;

public sealed class MobileSettingsAreCheckedAtStart
{
    private static readonly string P8 = NewKey(ECCurve.NamedCurves.nistP256);

    public static TheoryData<string, string, string> WrongApns => new()
    {
        { nameof(ApnsOptions.Topic), "", "APNS_TOPIC is not set" },
        { nameof(ApnsOptions.KeyId), "", "APNS_KEY_ID is not set" },
        { nameof(ApnsOptions.TeamId), "", "APNS_TEAM_ID is not set" },
        { nameof(ApnsOptions.Url), "api.push.apple.com", "APNS_URL" },
        { nameof(ApnsOptions.Url), "http://api.push.apple.com", "APNS_URL" },
        { nameof(ApnsOptions.Key), "", "APNS_KEY_FILE or APNS_KEY" },
        { nameof(ApnsOptions.Key), "no key", "APNS_KEY is no private key" },
        { nameof(ApnsOptions.Key), NewKey(ECCurve.NamedCurves.nistP384), "APNS_KEY is no key of the curve" },
        { nameof(ApnsOptions.Key), PublicKey(), "APNS_KEY is no private key" },
        { nameof(ApnsOptions.KeyFile), "/some/AuthKey.p8", "APNS_KEY_FILE or APNS_KEY" },
    };

    public static TheoryData<string, string> WrongAccounts => new()
    {
        { "no json", "is not the JSON" },
        { "[]", "is not the JSON" },
        { Account(("project_id", "")), "has no project_id" },
        { Account(("client_email", null)), "has no client_email" },
        { Account(("private_key", "no key")), "has a private_key that is no RSA key" },
        { Account(("token_uri", "http://oauth2.googleapis.com/token")), "has a token_uri" },
        { Account(("token_uri", "token")), "has a token_uri" },
    };

    [Fact]
    public void Nothing_set_is_off_and_everything_set_is_fine()
    {
        Assert.False(new ApnsOptions().IsOn || new FcmOptions().IsOn);
        Assert.Empty(new ApnsOptions().Faults().Concat(new FcmOptions().Faults()));
        Assert.Empty(Apns().Faults());
        Assert.Empty(new FcmOptions { Credentials = Account() }.Faults());
        Assert.True(Apns().IsOn && new FcmOptions { Credentials = Account() }.IsOn);
    }

    [Theory]
    [MemberData(nameof(WrongApns))]
    public void What_is_wrong_with_apns_is_named(string property, string value, string fault)
    {
        var options = Apns();
        typeof(ApnsOptions).GetProperty(property)!.SetValue(options, value);

        var said = Assert.Single(options.Faults());

        Assert.StartsWith(fault, said, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", said, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(WrongAccounts))]
    public void What_is_wrong_with_a_service_account_is_named(string json, string fault)
    {
        var said = Assert.Single(new FcmOptions { Credentials = json }.Faults());

        Assert.StartsWith("FCM_CREDENTIALS " + fault, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_not_there_and_a_project_without_a_key_are_named()
    {
        var apns = Apns();
        (apns.Key, apns.KeyFile) = ("", "/nowhere/AuthKey.p8");

        Assert.StartsWith("APNS_KEY_FILE cannot be read", Assert.Single(apns.Faults()), StringComparison.Ordinal);
        Assert.StartsWith("FCM_CREDENTIALS_FILE cannot be read", Assert.Single(new FcmOptions { CredentialsFile = "/nowhere/x.json" }.Faults()), StringComparison.Ordinal);
        Assert.StartsWith("FCM_PROJECT_ID is set", Assert.Single(new FcmOptions { ProjectId = "p" }.Faults()), StringComparison.Ordinal);
    }

    private static ApnsOptions Apns() => new() { Topic = "com.example.app", Key = P8, KeyId = "K", TeamId = "T" };

    private static string NewKey(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        return key.ExportPkcs8PrivateKeyPem();
    }

    private static string PublicKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportSubjectPublicKeyInfoPem();
    }

    private static string Account(params (string Key, string? Value)[] other)
    {
        using var key = RSA.Create(2048);
        var account = new Dictionary<string, string?>
        {
            ["project_id"] = "p",
            ["client_email"] = "a@p.iam.gserviceaccount.com",
            ["private_key_id"] = "1",
            ["private_key"] = key.ExportPkcs8PrivateKeyPem(),
            ["token_uri"] = "https://oauth2.googleapis.com/token",
        };
        foreach (var (name, value) in other)
            account[name] = value;
        return JsonSerializer.Serialize(account);
    }
}
