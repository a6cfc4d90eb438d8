using PubSub.Membership;
using PubSub.PushManager;
using PubSub.PushManager.Doors;
using PubSub.PushManager.Jobs;
using PubSub.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("push-manager", service =>
{
    (service.GrpcPort, service.HttpPort, service.MetricsPort) = (50053, 8070, 9093);
    (service.InstanceIdVariable, service.InstanceId) = ("MANAGER_ID", "push-manager-1");
});
builder.AddMembership().Register(ServiceKind.PushManager).Watch(ServiceKind.Node).Watch(ServiceKind.Controller);

// In the order in which a message meets them; ARCHITECTURE.md, "The way of a message".
builder.AddDoors();
builder.AddPublishing();
builder.AddChannelLog();
builder.AddResolving();
builder.AddLinks();
builder.AddJobs();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapDoors();
return await app.RunServiceAsync(args);
