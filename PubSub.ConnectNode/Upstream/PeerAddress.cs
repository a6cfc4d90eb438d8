namespace PubSub.ConnectNode.Upstream;

internal static class PeerAddress
{
    /// <summary>host:port, or a whole http(s) address. Null where it is neither.</summary>
    public static Uri? Parse(string address)
    {
        var text = address.Contains("://", StringComparison.Ordinal) ? address : "http://" + address;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri is { Scheme: "http" or "https", Host.Length: > 0, Port: > 0 }
            ? uri
            : null;
    }
}
