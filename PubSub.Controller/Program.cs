using PubSub.Controller;
using PubSub.Controller.Doors;
using PubSub.Controller.Redis;
using PubSub.Membership;
using PubSub.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("controller-manager", service =>
{
    (service.GrpcPort, service.MetricsPort) = (50051, 9090);
    (service.InstanceIdVariable, service.InstanceId) = ("CONTROLLER_ID", "controller-1");
});
builder.AddMembership().Register(ServiceKind.Controller).Watch(ServiceKind.Node);
builder.AddControllerSettings();
builder.Services.AddControllerStores().AddControllerWork().AddControllerDoors();
builder.Services.AddGrpc();
builder.Services.AddGrpcReflection();
builder.Services.AddGrpcHealthChecks().AddCheck<RedisCheck>("redis");

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapGrpcService<ControllerGrpcDoor>();
app.MapGrpcReflectionService();
app.MapGrpcHealthChecksService();
return await app.RunServiceAsync(args);
