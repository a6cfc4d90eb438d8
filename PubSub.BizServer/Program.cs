using PubSub.BizServer.Cli;
using PubSub.BizServer.Logic;
using PubSub.BizServer.PushLog;
using PubSub.Membership;
using PubSub.ServiceDefaults;

// With --action it is a command that does one thing and ends, without it the server behind POST /logic/send.
if (DeadLetterCommand.IsMeant(args))
    return await DeadLetterCommand.RunAsync(args, PushLogServices.OpenDeadLetters, Console.Out, Console.Error);
if (MessageStatusCommand.IsMeant(args))
    return await MessageStatusCommand.RunAsync(args, Console.Out, Console.Error);
if (WatchReceiptsCommand.IsMeant(args))
    return await WatchReceiptsCommand.RunAsync(args, Console.Out, Console.Error);
if (PushCommand.IsMeant(args))
    return await PushCommand.RunAsync(args, Console.Out, Console.Error, Console.IsErrorRedirected);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("biz-server", service =>
{
    (service.HttpPort, service.MetricsPort) = (8090, 9095);
    (service.InstanceIdVariable, service.InstanceId) = ("BIZ_SERVER_ID", "biz-server-1");
});
builder.AddMembership().Register(ServiceKind.BizServer).Watch(ServiceKind.PushManager);
builder.AddLogic();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapLogic();
return await app.RunServiceAsync(args);
