namespace PubSub.Membership;

/// <summary>The address of a service's gRPC door, as people write it in settings and on command lines.</summary>
public static class ServiceAddress
{
    /// <summary>host:port, or a whole http(s) address. Null where it is neither.</summary>
    public static Uri? Parse(string text)
    {
        var address = text.Trim();
        if (!address.Contains("://", StringComparison.Ordinal))
            address = "http://" + address;
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", Host.Length: > 0, Port: > 0 } ? uri : null;
    }
}
