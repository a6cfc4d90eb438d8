namespace dotnet_etcd.Connecting;

/// <summary>The endpoints that a connection string names: a list of hosts, or one name for DNS to resolve.</summary>
internal sealed record Endpoints(IReadOnlyList<Uri> Hosts, bool FromDns)
{
    private const string Dns = "dns://";
    private const string DiscoverySrv = "discovery-srv://";

    public static Endpoints Parse(string connectionString, int port, bool encrypted)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new ArgumentNullException(nameof(connectionString),
                "etcd needs at least one endpoint, such as http://localhost:2379.");
        }

        if (connectionString.StartsWith(DiscoverySrv, StringComparison.OrdinalIgnoreCase))
        {
            connectionString = Dns + connectionString[DiscoverySrv.Length..];
        }

        if (connectionString.StartsWith(Dns, StringComparison.OrdinalIgnoreCase))
        {
            return new Endpoints([new Uri(connectionString)], true);
        }

        return new Endpoints([.. connectionString.Split(',').Select(host => ParseHost(host.Trim(), port, encrypted))], false);
    }

    private static Uri ParseHost(string host, int port, bool encrypted)
    {
        if (!host.Contains("://", StringComparison.Ordinal))
        {
            host = (encrypted ? "https://" : "http://") + host + (host.Contains(':') ? "" : $":{port}");
        }

        if (!Uri.TryCreate(host, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new UriFormatException($"'{host}' is no etcd endpoint; one looks like http://localhost:2379.");
        }

        return uri;
    }
}
