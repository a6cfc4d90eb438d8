using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;

namespace dotnet_etcd;

public partial class EtcdClient
{
    // As both ends of a range: every key there is.
    private const string AnyKey = "\0";

    /// <summary>The first key behind all that begin with the prefix: its last character moved on by one.</summary>
    public static string GetRangeEnd(string prefixKey) =>
        prefixKey.Length == 0 ? AnyKey : prefixKey[..^1] + Following(prefixKey[^1]);

    public static ByteString GetStringByteForRangeRequests(string key) =>
        ByteString.CopyFromUtf8(key.Length == 0 ? AnyKey : key);

    public RangeResponse Get(RangeRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        _connection.KVClient.Range(request, headers, deadline, cancellationToken);

    public RangeResponse Get(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        Get(One(key), headers, deadline, cancellationToken);

    public async Task<RangeResponse> GetAsync(RangeRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        await _connection.KVClient.RangeAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public Task<RangeResponse> GetAsync(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        GetAsync(One(key), headers, deadline, cancellationToken);

    public string GetVal(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        FirstValue(Get(key, headers, deadline, cancellationToken));

    public async Task<string> GetValAsync(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        FirstValue(await GetAsync(key, headers, deadline, cancellationToken).ConfigureAwait(false));

    public RangeResponse GetRange(string prefixKey, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        Get(Prefix(prefixKey), headers, deadline, cancellationToken);

    public Task<RangeResponse> GetRangeAsync(string prefixKey, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        GetAsync(Prefix(prefixKey), headers, deadline, cancellationToken);

    public IDictionary<string, string> GetRangeVal(string prefixKey, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Values(GetRange(prefixKey, headers, deadline, cancellationToken));

    public async Task<IDictionary<string, string>> GetRangeValAsync(string prefixKey, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        Values(await GetRangeAsync(prefixKey, headers, deadline, cancellationToken).ConfigureAwait(false));

    public PutResponse Put(PutRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        _connection.KVClient.Put(request, headers, deadline, cancellationToken);

    public PutResponse Put(string key, string val, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        Put(Pair(key, val), headers, deadline, cancellationToken);

    public async Task<PutResponse> PutAsync(PutRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        await _connection.KVClient.PutAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public Task<PutResponse> PutAsync(string key, string val, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        PutAsync(Pair(key, val), headers, deadline, cancellationToken);

    public DeleteRangeResponse Delete(DeleteRangeRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        _connection.KVClient.DeleteRange(request, headers, deadline, cancellationToken);

    public DeleteRangeResponse Delete(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        Delete(new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(key) }, headers, deadline, cancellationToken);

    public async Task<DeleteRangeResponse> DeleteAsync(DeleteRangeRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.KVClient.DeleteRangeAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public Task<DeleteRangeResponse> DeleteAsync(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        DeleteAsync(new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(key) }, headers, deadline, cancellationToken);

    public DeleteRangeResponse DeleteRange(string prefixKey, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        Delete(WholePrefix(prefixKey), headers, deadline, cancellationToken);

    public Task<DeleteRangeResponse> DeleteRangeAsync(string prefixKey, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        DeleteAsync(WholePrefix(prefixKey), headers, deadline, cancellationToken);

    public TxnResponse Transaction(TxnRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        _connection.KVClient.Txn(request, headers, deadline, cancellationToken);

    public async Task<TxnResponse> TransactionAsync(TxnRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.KVClient.TxnAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public CompactionResponse Compact(CompactionRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default) =>
        _connection.KVClient.Compact(request, headers, deadline, cancellationToken);

    public async Task<CompactionResponse> CompactAsync(CompactionRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.KVClient.CompactAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    // A lone surrogate has no UTF-8 form; the character behind that block does.
    private static char Following(char character) => character == '\uD7FF' ? '\uE000' : (char)(character + 1);

    private static RangeRequest One(string key) => new() { Key = ByteString.CopyFromUtf8(key) };

    private static RangeRequest Prefix(string prefix) => new()
    {
        Key = GetStringByteForRangeRequests(prefix),
        RangeEnd = ByteString.CopyFromUtf8(GetRangeEnd(prefix)),
    };

    private static DeleteRangeRequest WholePrefix(string prefix) => new()
    {
        Key = GetStringByteForRangeRequests(prefix),
        RangeEnd = ByteString.CopyFromUtf8(GetRangeEnd(prefix)),
    };

    private static PutRequest Pair(string key, string value) => new()
    {
        Key = ByteString.CopyFromUtf8(key),
        Value = ByteString.CopyFromUtf8(value),
    };

    private static string FirstValue(RangeResponse response) =>
        response.Kvs.Count == 0 ? "" : response.Kvs[0].Value.ToStringUtf8().Trim();

    private static Dictionary<string, string> Values(RangeResponse response) =>
        response.Kvs.ToDictionary(pair => pair.Key.ToStringUtf8(), pair => pair.Value.ToStringUtf8());
}
