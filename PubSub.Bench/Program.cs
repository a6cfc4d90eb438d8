using PubSub.Bench;
using PubSub.Bench.Load;
using PubSub.Bench.Scenarios;
using PubSub.Bench.Servers;

Scenario[] scenarios =
[
    new("fan-out", "1,000 connections in one room, as fast as they take it, beside SignalR and a plain loop", FanoutScenario.Saturated.RunAsync),
    new("fan-out-calm", "the same at 20 messages/s", FanoutScenario.Calm.RunAsync),
    new("rooms", "100 rooms of 10, beside SignalR", FanoutScenario.Rooms.RunAsync),
    new("one-to-one", "1,000 users with a connection each, beside SignalR", FanoutScenario.OneToOne.RunAsync),
    new("grpc", "unary calls and streams of small messages, beside a bare HTTP/2 POST echo", GrpcScenario.RunAsync),
];

return args switch
{
    [EchoServer.Command] => await EchoServer.RunAsync(),
    [SignalRServer.Command] => await SignalRServer.RunAsync(),
    [PlainServer.Command] => await PlainServer.RunAsync(),
    _ => await BenchCommand.RunAsync(args, scenarios, Console.Out, Console.Error),
};
