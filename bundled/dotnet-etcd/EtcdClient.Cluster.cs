using Etcdserverpb;
using Grpc.Core;

namespace dotnet_etcd;

public partial class EtcdClient
{
    public MemberListResponse MemberList(MemberListRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.ClusterClient.MemberList(request, headers, deadline, cancellationToken);

    public async Task<MemberListResponse> MemberListAsync(MemberListRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.ClusterClient.MemberListAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public StatusResponse Status(StatusRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.MaintenanceClient.Status(request, headers, deadline, cancellationToken);

    public async Task<StatusResponse> StatusAsync(StatusRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.MaintenanceClient.StatusAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);

    public MoveLeaderResponse MoveLeader(MoveLeaderRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        _connection.MaintenanceClient.MoveLeader(request, headers, deadline, cancellationToken);

    public async Task<MoveLeaderResponse> MoveLeaderAsync(MoveLeaderRequest request, Metadata? headers = null,
        DateTime? deadline = null, CancellationToken cancellationToken = default) =>
        await _connection.MaintenanceClient.MoveLeaderAsync(request, headers, deadline, cancellationToken).ConfigureAwait(false);
}
