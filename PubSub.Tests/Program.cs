using PubSub.Membership;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Membership;
using PubSub.Tests.Integration.Pushing;
using PubSub.Tests.Wire.HelloService;

// What tests start as a process of its own; `dotnet test` does not come through here.
switch (args)
{
    case ["hold-redis"]:
        await using (var redis = await RedisProcess.StartAsync())
        {
            Console.WriteLine(redis.ProcessId);
            await Console.In.ReadLineAsync();
        }

        return 0;
    case ["hello-service", ..]:
        return await HelloProgram.RunAsync(args[1..]);
    case ["join-etcd", var endpoints, var id]:
        await using (await Member.JoinAsync(new EtcdOptions { Endpoints = endpoints, LeaseSeconds = 2, TimeoutMs = 1000 }, id))
        {
            Console.WriteLine(id);
            await Console.In.ReadLineAsync();
        }

        return 0;
    case [CommitsFirst.Program, ..]:
        return await CommitsFirst.RunAsync(args[1..]);
    default:
        await Console.Error.WriteLineAsync("These are tests: run them with dotnet test.");
        return 2;
}
