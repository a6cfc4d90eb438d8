using PubSub.Bench;
using PubSub.Bench.Load;
using PubSub.Bench.Micro;
using PubSub.Bench.Scenarios;
using PubSub.Bench.Servers;

Scenario[] scenarios =
[
    new("fan-out", "1,000 connections in one room, as fast as they take it, beside SignalR and a plain loop", FanoutScenario.Saturated.RunAsync) { Compares = true },
    new("load", "fan-out from 10 messages/s to as many as they take, beside SignalR", LoadScenario.RunAsync),
    new("fan-out-calm", "the same at 20 messages/s", FanoutScenario.Calm.RunAsync) { Compares = true },
    new("rooms", "100 rooms of 10, beside SignalR", FanoutScenario.Rooms.RunAsync) { Compares = true },
    new("one-to-one", "1,000 users with a connection each, beside SignalR", FanoutScenario.OneToOne.RunAsync) { Compares = true },
    new("push", "the whole way from gRPC to the socket, 1,000 users over 3 nodes, log off and on", PushScenario.RunAsync),
    new("lone", "one push at a time to one user, one after another and 100/s", LoneScenario.RunAsync),
    new("room-of-100", "one room of 100 over 3 nodes, 200 pushes/s", SpreadScenario.RoomOfHundred.RunAsync),
    new("broadcast", "to 1,000 users over 10 nodes", SpreadScenario.Broadcast.RunAsync),
    new("broadcast-10000", "to 10,000 connections of one node, beside a plain loop", SpreadScenario.LargeBroadcast.RunAsync),
    new("cost", "the same pushes while ever more rooms and members exist elsewhere", CostScenario.RunAsync),
    new("idle", "19,000 connections that do nothing, beside SignalR", IdleScenario.RunAsync),
    new("storm", "10,000 connects with joins as fast as they go, beside SignalR", StormScenario.RunAsync),
    new("slow-readers", "10,000 readers of which one in 20 stops, with each policy for slow readers", SlowReadersScenario.RunAsync),
    new("slow-readers-drop", "the same with the policy to drop the oldest alone", SlowReadersScenario.DropAsync),
    new("slow-readers-conflate", "the same with the policy to conflate alone", SlowReadersScenario.ConflateAsync),
    new("deflate", "1,000 connections with permessage-deflate beside 1,000 without, messages of 128 bytes to 8 KB", DeflateScenario.RunAsync),
    new("grpc", "unary calls and streams of small messages, beside a bare HTTP/2 POST echo", GrpcScenario.RunAsync),
];

return args switch
{
    [EchoServer.Command] => await EchoServer.RunAsync(),
    [SignalRServer.Command] => await SignalRServer.RunAsync(),
    [PlainServer.Command] => await PlainServer.RunAsync(),
    [Budgets.Command] => Budgets.Run(Console.Out),
    [MicroCommand.Command, .. var rest] => MicroCommand.Run(rest),
    _ => await BenchCommand.RunAsync(args, scenarios, Console.Out, Console.Error),
};
