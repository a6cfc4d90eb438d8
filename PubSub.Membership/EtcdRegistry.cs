using System.Globalization;
using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Mvccpb;

namespace PubSub.Membership;

/// <summary>
/// What we do in etcd, call by call, each with a time limit. It uses the generated clients' streams rather than the
/// client's own watches: those hide a lost connection, and with it the moment from which a snapshot is old.
/// </summary>
internal sealed class EtcdRegistry(EtcdClient client, EtcdOptions options, TimeProvider time)
{
    // Asks a member that has lost its cluster to end the stream instead of keeping it open and silent.
    private static readonly Metadata OnlyWithLeader = new() { { "hasleader", "true" } };

    public ServiceKeys Keys { get; } = new(options.KeyPrefix);

    public async Task<(IReadOnlyList<KeyValue> Entries, long Revision)> LoadAsync(ServiceKind kind, CancellationToken cancellationToken)
    {
        var answer = await client.GetRangeAsync(Keys.Folder(kind), deadline: Deadline(), cancellationToken: cancellationToken);
        return (answer.Kvs, answer.Header.Revision);
    }

    public AsyncDuplexStreamingCall<WatchRequest, WatchResponse> OpenWatch(CancellationToken cancellationToken) =>
        client.GetConnection().WatchClient.Watch(OnlyWithLeader, cancellationToken: cancellationToken);

    public WatchRequest WatchFrom(ServiceKind kind, long revision) => new()
    {
        CreateRequest = new WatchCreateRequest
        {
            Key = ByteString.CopyFromUtf8(Keys.Folder(kind)),
            RangeEnd = ByteString.CopyFromUtf8(EtcdClient.GetRangeEnd(Keys.Folder(kind))),
            StartRevision = revision,
        },
    };

    public async Task<long> GrantLeaseAsync(CancellationToken cancellationToken)
    {
        var answer = await client.LeaseGrantAsync(
            new LeaseGrantRequest { TTL = options.LeaseSeconds }, deadline: Deadline(), cancellationToken: cancellationToken);
        return answer.ID;
    }

    /// <summary>False: etcd has no such lease any more.</summary>
    public async Task<bool> KeepAliveAsync(long lease, CancellationToken cancellationToken)
    {
        // One short stream for each beat: unlike one long stream it has a time limit, and goes to a member that answers.
        var alive = false;
        await client.LeaseKeepAlive(
            [new LeaseKeepAliveRequest { ID = lease }], [answer => alive = answer.ID == lease && answer.TTL > 0],
            cancellationToken, deadline: Deadline());
        return alive;
    }

    public async Task RevokeLeaseAsync(long lease, CancellationToken cancellationToken) => await client.LeaseRevokeAsync(
        new LeaseRevokeRequest { ID = lease }, deadline: Deadline(), cancellationToken: cancellationToken);

    public async Task<KeyValue?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync(key, deadline: Deadline(), cancellationToken: cancellationToken);
        return answer.Kvs.Count == 0 ? null : answer.Kvs[0];
    }

    /// <summary>The process's own entry and the highest incarnation ever given, of one moment.</summary>
    public async Task<Claim> ReadClaimAsync(string key, CancellationToken cancellationToken)
    {
        var request = new TxnRequest { Success = { Range(key), Range(Keys.Incarnation) } };
        var answer = await client.TransactionAsync(request, deadline: Deadline(), cancellationToken: cancellationToken);
        return new Claim(FirstOf(answer.Responses[0]), FirstOf(answer.Responses[1]));
    }

    /// <summary>Writes the entry if nobody wrote it or gave an incarnation meanwhile. Its revision, or null.</summary>
    public async Task<long?> TryClaimAsync(
        string key, ServiceInstance entry, long lease, Claim seen, CancellationToken cancellationToken)
    {
        var highest = Math.Max(entry.Incarnation, seen.HighestIncarnation);
        var request = new TxnRequest
        {
            Compare = { Unchanged(key, seen.Entry), Unchanged(Keys.Incarnation, seen.Incarnation) },
            Success =
            {
                Put(key, entry.ToJson(), lease),
                Put(Keys.Incarnation, highest.ToString(CultureInfo.InvariantCulture), 0),
            },
        };
        var answer = await client.TransactionAsync(request, deadline: Deadline(), cancellationToken: cancellationToken);
        return answer.Succeeded ? answer.Header.Revision : null;
    }

    private static Compare Unchanged(string key, KeyValue? seen) => new()
    {
        Key = ByteString.CopyFromUtf8(key),
        Target = Compare.Types.CompareTarget.Mod,
        Result = Compare.Types.CompareResult.Equal,
        ModRevision = seen?.ModRevision ?? 0,
    };

    private static RequestOp Range(string key) =>
        new() { RequestRange = new RangeRequest { Key = ByteString.CopyFromUtf8(key) } };

    private static RequestOp Put(string key, string value, long lease) => new()
    {
        RequestPut = new PutRequest
        {
            Key = ByteString.CopyFromUtf8(key),
            Value = ByteString.CopyFromUtf8(value),
            Lease = lease,
        },
    };

    private static KeyValue? FirstOf(ResponseOp response) => response.ResponseRange.Kvs.FirstOrDefault();

    private DateTime Deadline() => time.GetUtcNow().UtcDateTime + options.Timeout;

    /// <summary>What stood in etcd before a claim.</summary>
    internal sealed record Claim(KeyValue? Entry, KeyValue? Incarnation)
    {
        public ServiceInstance? Holder => Entry is null ? null : ServiceInstance.TryParse(Entry.Value.Span);

        public long HighestIncarnation =>
            long.TryParse(Incarnation?.Value.ToStringUtf8(), CultureInfo.InvariantCulture, out var highest) ? highest : 0;
    }
}
