using PubSub.AppHost;
using PubSub.AppHost.BackingServices;

var builder = DistributedApplication.CreateBuilder(args);
if (!ConnectNodes.TryRead(builder.Configuration, out var nodes))
    return;

// What keeps state: rooms, sessions and logs in Redis, who is alive in etcd.
var redis = builder.AddRedisBacking("redis", port: 6379);
var etcd = builder.AddEtcdBacking("etcd", port: 2379);

var controller = builder.AddProject<Projects.PubSub_Controller>("controller")
    .WithGrpcEndpoint(50051)
    .WithMetricsEndpoint(9090)
    .WithServiceName("controller-manager")
    .WithEnvironment("CONTROLLER_ID", "controller-1")
    .WithReference(redis).WaitFor(redis)
    .WithReference(etcd).WaitFor(etcd);

// Waits for the controller only to spare the log the lines of asking in vain; it would find it later, too.
var pushManager = builder.AddProject<Projects.PubSub_PushManager>("push-manager")
    .WithGrpcEndpoint(50053)
    .WithHttpDoor(8070)
    .WithMetricsEndpoint(9094)
    .WithServiceName("push-manager")
    .WithEnvironment("MANAGER_ID", "push-manager-1")
    .WithEnvironment("CONTROLLER_ADDRESS", controller.GetEndpoint("grpc").Property(EndpointProperty.HostAndPort))
    .WithReference(redis).WaitFor(redis)
    .WithReference(etcd).WaitFor(etcd)
    .WaitFor(controller);

// Nodes have no Redis: they ask the controller and the push managers, which they find in etcd.
foreach (var node in nodes)
{
    builder.AddProject<Projects.PubSub_ConnectNode>(node.Name)
        .WithGrpcEndpoint(node.GrpcPort)
        .WithHttpDoor(node.HttpPort)
        .WithMetricsEndpoint(node.MetricsPort)
        .WithServiceName("connect-node")
        .WithEnvironment("NODE_ID", node.Name)
        .WithEnvironment("CONTROLLER_ADDRESS", controller.GetEndpoint("grpc").Property(EndpointProperty.HostAndPort))
        .WithReference(etcd).WaitFor(etcd)
        .WaitFor(controller)
        // Clients connect here.
        .WithExternalHttpEndpoints();
}

// Stores what backends hand in over HTTP in the push log, which is in Redis, too.
builder.AddProject<Projects.PubSub_BizServer>("biz-server")
    .WithHttpDoor(8090)
    .WithMetricsEndpoint(9095)
    .WithServiceName("biz-server")
    .WithEnvironment("PUSH_MANAGER_ADDRESS", pushManager.GetEndpoint("grpc").Property(EndpointProperty.HostAndPort))
    .WithReference(redis).WaitFor(redis)
    .WithReference(etcd).WaitFor(etcd)
    .WaitFor(pushManager);

builder.AddJaegerBacking("jaeger", port: 16686);

builder.Build().Run();
