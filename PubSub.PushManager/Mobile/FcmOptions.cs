using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Mobile;

internal sealed class FcmOptions
{
    public const string Section = "Fcm";

    [Setting("FCM_CREDENTIALS_FILE", "Key file (JSON) of the service account that may send; without it or FCM_CREDENTIALS FCM is not used")]
    public string CredentialsFile { get; set; } = "";

    [Setting("FCM_CREDENTIALS", "The text of that file, instead of the file", Secret = true)]
    public string Credentials { get; set; } = "";

    [Setting("FCM_PROJECT_ID", "The Firebase project; empty takes the service account's")]
    public string ProjectId { get; set; } = "";

    [Setting("FCM_URL", "Where FCM is")]
    public string Url { get; set; } = "https://fcm.googleapis.com";

    public bool IsOn => CredentialsFile.Length > 0 || Credentials.Length > 0;

    public IEnumerable<string> Faults()
    {
        if (!IsOn)
        {
            if (ProjectId.Length > 0)
                yield return "FCM_PROJECT_ID is set, but no key is: give FCM_CREDENTIALS_FILE.";
            yield break;
        }

        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || !PushServiceHttp.IsSafe(url))
            yield return $"FCM_URL = '{Url}' is not an https address (http only to this machine).";
        if (FaultOfCredentials() is { } fault)
            yield return fault;
    }

    public ServiceAccount LoadAccount() =>
        ServiceAccount.Parse(CredentialsFile.Length > 0 ? File.ReadAllText(CredentialsFile) : Credentials);

    private string? FaultOfCredentials()
    {
        if (CredentialsFile.Length > 0 && Credentials.Length > 0)
            return "FCM_CREDENTIALS_FILE or FCM_CREDENTIALS: give exactly one of them.";
        try
        {
            LoadAccount();
            return null;
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            return $"FCM_CREDENTIALS_FILE cannot be read: {wrong.Message}";
        }
        catch (FormatException wrong)
        {
            return $"{(CredentialsFile.Length > 0 ? "FCM_CREDENTIALS_FILE" : "FCM_CREDENTIALS")} {wrong.Message}";
        }
    }
}
