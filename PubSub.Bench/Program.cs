using PubSub.Bench;
using PubSub.Bench.Load;
using PubSub.Bench.Scenarios;

Scenario[] scenarios =
[
    new("grpc", "unary calls and streams of small messages, beside a bare HTTP/2 POST echo", GrpcScenario.RunAsync),
];

if (args is [ServerProcess.Command])
    return await EchoServer.RunAsync();

return await BenchCommand.RunAsync(args, scenarios, Console.Out, Console.Error);
