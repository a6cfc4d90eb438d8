using Etcdserverpb;

namespace dotnet_etcd.interfaces;

/// <summary>The generated clients, for calls that <see cref="IEtcdClient"/> does not wrap.</summary>
public interface IConnection
{
    KV.KVClient KVClient { get; }

    Watch.WatchClient WatchClient { get; }

    Lease.LeaseClient LeaseClient { get; }

    Cluster.ClusterClient ClusterClient { get; }

    Maintenance.MaintenanceClient MaintenanceClient { get; }

    Auth.AuthClient AuthClient { get; }
}
