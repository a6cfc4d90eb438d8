using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Mobile;

internal sealed class ApnsOptions
{
    public const string Section = "Apns";

    [Setting("APNS_TOPIC", "Bundle id of the app that Apple's phones have; empty: APNs is not used")]
    public string Topic { get; set; } = "";

    [Setting("APNS_KEY_FILE", "The .p8 file with the key that signs for APNs")]
    public string KeyFile { get; set; } = "";

    [Setting("APNS_KEY", "The text of that file, instead of the file", Secret = true)]
    public string Key { get; set; } = "";

    [Setting("APNS_KEY_ID", "Id of the key, ten characters")]
    public string KeyId { get; set; } = "";

    [Setting("APNS_KEY_ID_FILE", "A file with that id, instead of the id: a key that is replaced while the service runs has another one")]
    public string KeyIdFile { get; set; } = "";

    [Setting("APNS_TEAM_ID", "Id of the developer team that the key belongs to, ten characters")]
    public string TeamId { get; set; } = "";

    [Setting("APNS_URL", "Where APNs is; development builds have tokens of https://api.sandbox.push.apple.com")]
    public string Url { get; set; } = "https://api.push.apple.com";

    public bool IsOn => Topic.Length > 0;

    public IEnumerable<string> Faults()
    {
        if (!IsOn)
        {
            if (Key.Length > 0 || KeyFile.Length > 0)
                yield return "APNS_TOPIC is not set, but a key is: give the bundle id of the app.";
            yield break;
        }

        if (KeyId.Length > 0 && KeyIdFile.Length > 0)
            yield return "APNS_KEY_ID_FILE or APNS_KEY_ID: give exactly one of them.";
        if (KeyId.Length == 0 && KeyIdFile.Length == 0)
            yield return "APNS_KEY_ID is not set: give the id of the key, which stands beside it in the developer account.";
        if (TeamId.Length == 0)
            yield return "APNS_TEAM_ID is not set: give the id of the team, which stands in the developer account.";
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || !PushServiceHttp.IsSafe(url))
            yield return $"APNS_URL = '{Url}' is not an https address (http only to this machine).";
        if (FaultOfKey() is { } fault)
            yield return fault;
    }

    public ApnsKey LoadKey() => ApnsKey.Parse(
        KeyIdFile.Length > 0 ? File.ReadAllText(KeyIdFile).Trim() : KeyId,
        KeyFile.Length > 0 ? File.ReadAllText(KeyFile) : Key);

    private string? FaultOfKey()
    {
        if (KeyFile.Length > 0 == Key.Length > 0)
            return "APNS_KEY_FILE or APNS_KEY: give exactly one of them.";
        var name = KeyFile.Length > 0 ? "APNS_KEY_FILE" : "APNS_KEY";
        try
        {
            return LoadKey().Id.Length == 0 && KeyIdFile.Length > 0 ? "APNS_KEY_ID_FILE is empty: write the id of the key into it." : null;
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            return $"{(KeyIdFile.Length > 0 && !File.Exists(KeyIdFile) ? "APNS_KEY_ID_FILE" : "APNS_KEY_FILE")} cannot be read: {wrong.Message}";
        }
        catch (FormatException wrong)
        {
            return $"{name} {wrong.Message}";
        }
    }
}
