namespace PubSub.BizServer;

/// <summary>The address of a push manager's gRPC door, as people write it.</summary>
internal static class PushAddress
{
    public static Uri? Parse(string text)
    {
        var address = text.Contains("://", StringComparison.Ordinal) ? text.Trim() : "http://" + text.Trim();
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", Host.Length: > 0 } ? uri : null;
    }
}
