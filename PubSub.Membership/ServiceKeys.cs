namespace PubSub.Membership;

/// <summary>
/// Keys in etcd: <c>/pubsub/nodes/{id}</c> and the like, each under its process's lease, and
/// <c>/pubsub/incarnation</c>, the highest incarnation ever given.
/// </summary>
internal sealed class ServiceKeys(string prefix)
{
    public string Incarnation => prefix + "/incarnation";

    public string Folder(ServiceKind kind) => $"{prefix}/{Plural(kind)}/";

    public string Of(ServiceKind kind, string id)
    {
        if (id.Length == 0 || id.Contains('/', StringComparison.Ordinal))
            throw new ArgumentException($"'{id}' cannot be the id of a {kind}: an id is not empty and has no slash.", nameof(id));

        return Folder(kind) + id;
    }

    /// <summary>The id in a key of that folder; null for a key that lies deeper.</summary>
    public string? IdOf(ServiceKind kind, string key)
    {
        var id = key[Folder(kind).Length..];
        return id.Length == 0 || id.Contains('/', StringComparison.Ordinal) ? null : id;
    }

    public static string Plural(ServiceKind kind) => kind switch
    {
        ServiceKind.Node => "nodes",
        ServiceKind.Controller => "controllers",
        ServiceKind.PushManager => "push-managers",
        ServiceKind.BizServer => "biz-servers",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind of service."),
    };
}
