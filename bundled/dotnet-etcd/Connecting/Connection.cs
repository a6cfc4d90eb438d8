using dotnet_etcd.interfaces;
using Etcdserverpb;
using Grpc.Core;

namespace dotnet_etcd.Connecting;

/// <summary>All generated clients over one channel.</summary>
internal sealed class Connection(CallInvoker invoker) : IConnection
{
    public KV.KVClient KVClient { get; } = new(invoker);

    public Watch.WatchClient WatchClient { get; } = new(invoker);

    public Lease.LeaseClient LeaseClient { get; } = new(invoker);

    public Cluster.ClusterClient ClusterClient { get; } = new(invoker);

    public Maintenance.MaintenanceClient MaintenanceClient { get; } = new(invoker);

    public Auth.AuthClient AuthClient { get; } = new(invoker);
}
