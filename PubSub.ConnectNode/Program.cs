using PubSub.ConnectNode;
using PubSub.ConnectNode.Delivery;
using PubSub.ConnectNode.Doors;
using PubSub.ConnectNode.Sockets.Tls;
using PubSub.ConnectNode.Upstream;
using PubSub.Membership;
using PubSub.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("connect-node", service =>
{
    (service.GrpcPort, service.HttpPort, service.MetricsPort) = (50052, 8080, 9091);
    (service.InstanceIdVariable, service.InstanceId) = ("NODE_ID", "connect-node-1");
    service.HttpDoor = static listen => listen.UseNodeCertificate();
});
builder.AddValidatedOptions<NodeOptions>(NodeOptions.Section, static options => options.Faults());
builder.AddValidatedOptions<TlsOptions>(TlsOptions.Section, static options => options.Faults());
builder.AddMembership().Register(ServiceKind.Node).Watch(ServiceKind.Controller).Watch(ServiceKind.PushManager);

builder.Services.AddNodeEngine();
builder.AddUpstream();
builder.Services.AddGrpc();
builder.Services.AddGrpcReflection();
builder.Services.AddGrpcHealthChecks();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapNode();
app.MapGrpcService<DeliveryService>();
app.MapGrpcService<CometDoor>();
app.MapGrpcReflectionService();
app.MapGrpcHealthChecksService();
return await app.RunServiceAsync(args);
