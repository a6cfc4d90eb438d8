using Etcdserverpb;
using Grpc.Core;

namespace dotnet_etcd.interfaces;

/// <summary>What an <see cref="EtcdClient"/> does, as far as this stand-in goes.</summary>
public interface IEtcdClient
{
    RangeResponse Get(RangeRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    RangeResponse Get(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<RangeResponse> GetAsync(RangeRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<RangeResponse> GetAsync(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    string GetVal(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<string> GetValAsync(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    RangeResponse GetRange(string prefixKey, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<RangeResponse> GetRangeAsync(string prefixKey, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    IDictionary<string, string> GetRangeVal(string prefixKey, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<IDictionary<string, string>> GetRangeValAsync(string prefixKey, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    PutResponse Put(PutRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    PutResponse Put(string key, string val, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<PutResponse> PutAsync(PutRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<PutResponse> PutAsync(string key, string val, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    DeleteRangeResponse Delete(DeleteRangeRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    DeleteRangeResponse Delete(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<DeleteRangeResponse> DeleteAsync(DeleteRangeRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<DeleteRangeResponse> DeleteAsync(string key, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    DeleteRangeResponse DeleteRange(string prefixKey, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<DeleteRangeResponse> DeleteRangeAsync(string prefixKey, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    TxnResponse Transaction(TxnRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<TxnResponse> TransactionAsync(TxnRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    CompactionResponse Compact(CompactionRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<CompactionResponse> CompactAsync(CompactionRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    LeaseGrantResponse LeaseGrant(LeaseGrantRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<LeaseGrantResponse> LeaseGrantAsync(LeaseGrantRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    LeaseRevokeResponse LeaseRevoke(LeaseRevokeRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<LeaseRevokeResponse> LeaseRevokeAsync(LeaseRevokeRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    LeaseTimeToLiveResponse LeaseTimeToLive(LeaseTimeToLiveRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<LeaseTimeToLiveResponse> LeaseTimeToLiveAsync(LeaseTimeToLiveRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task LeaseKeepAlive(LeaseKeepAliveRequest request, Action<LeaseKeepAliveResponse> method,
        CancellationToken cancellationToken, Metadata? headers = null);

    Task LeaseKeepAlive(LeaseKeepAliveRequest request, Action<LeaseKeepAliveResponse>[] methods,
        CancellationToken cancellationToken, Metadata? headers = null);

    Task LeaseKeepAlive(LeaseKeepAliveRequest[] requests, Action<LeaseKeepAliveResponse> method,
        CancellationToken cancellationToken, Metadata? headers = null);

    Task LeaseKeepAlive(LeaseKeepAliveRequest[] requests, Action<LeaseKeepAliveResponse>[] methods,
        CancellationToken cancellationToken, Metadata? headers = null, DateTime? deadline = null);

    Task LeaseKeepAlive(CancellationTokenSource cancellationTokenSource, long leaseId, int keepAliveTimeout = 1000,
        int? communicationTimeout = null, Metadata? headers = null, DateTime? deadline = null);

    Task LeaseKeepAlive(long leaseId, CancellationToken cancellationToken);

    void Watch(string key, Action<WatchEvent[]> method, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    void Watch(string key, Action<WatchEvent[]>[] methods, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    void Watch(string key, Action<WatchResponse> method, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    void Watch(string key, Action<WatchResponse>[] methods, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    void Watch(string[] keys, Action<WatchEvent[]> method, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    void Watch(string[] keys, Action<WatchEvent[]>[] methods, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    void Watch(string[] keys, Action<WatchResponse> method, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    void Watch(string[] keys, Action<WatchResponse>[] methods, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<long> WatchAsync(WatchRequest request, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long> WatchAsync(WatchRequest request, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long[]> WatchAsync(WatchRequest[] requests, Action<WatchEvent[]> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long[]> WatchAsync(WatchRequest[] requests, Action<WatchEvent[]>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long[]> WatchAsync(WatchRequest[] requests, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long[]> WatchAsync(WatchRequest[] requests, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    long WatchRange(string path, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    long WatchRange(string path, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    long[] WatchRange(string[] paths, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    long[] WatchRange(string[] paths, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long> WatchRangeAsync(string path, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long> WatchRangeAsync(string path, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long[]> WatchRangeAsync(string[] paths, Action<WatchResponse> method, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<long[]> WatchRangeAsync(string[] paths, Action<WatchResponse>[] methods, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    void CancelWatch(long watchId);

    void CancelWatch(long[] watchIds);

    MemberListResponse MemberList(MemberListRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<MemberListResponse> MemberListAsync(MemberListRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    StatusResponse Status(StatusRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<StatusResponse> StatusAsync(StatusRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    MoveLeaderResponse MoveLeader(MoveLeaderRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<MoveLeaderResponse> MoveLeaderAsync(MoveLeaderRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    AuthEnableResponse AuthEnable(AuthEnableRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<AuthEnableResponse> AuthEnableAsync(AuthEnableRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    AuthDisableResponse AuthDisable(AuthDisableRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<AuthDisableResponse> AuthDisableAsync(AuthDisableRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    AuthenticateResponse Authenticate(AuthenticateRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<AuthenticateResponse> AuthenticateAsync(AuthenticateRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    AuthUserAddResponse UserAdd(AuthUserAddRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<AuthUserAddResponse> UserAddAsync(AuthUserAddRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    AuthUserGrantRoleResponse UserGrantRole(AuthUserGrantRoleRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    Task<AuthUserGrantRoleResponse> UserGrantRoleAsync(AuthUserGrantRoleRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    AuthRoleAddResponse RoleAdd(AuthRoleAddRequest request, Metadata? headers = null, DateTime? deadline = null,
        CancellationToken cancellationToken = default);

    Task<AuthRoleAddResponse> RoleAddAsync(AuthRoleAddRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default);

    void Dispose();
}
