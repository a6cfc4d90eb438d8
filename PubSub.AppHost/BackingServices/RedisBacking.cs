using Microsoft.Extensions.Configuration;

namespace PubSub.AppHost.BackingServices;

internal static class RedisBacking
{
    // "Accepted" means that the message is in the log, so Redis has to have it on disk before it answers.
    private static readonly string[] Durable = ["--appendonly", "yes", "--appendfsync", "always"];

    /// <summary>The Redis that ConnectionStrings:{name} names, else one of our own that forgets nothing.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddRedisBacking(
        this IDistributedApplicationBuilder builder, string name, int port)
    {
        if (builder.Configuration.GetConnectionString(name) is not null)
            return builder.AddConnectionString(name);

        var redis = builder.AddRedis(name, port)
            .WithDataVolume("pubsub-redis")
            .WithPersistence()
            .WithArgs(AddDurable);

        // On a developer's machine redis-cli should just work.
        return builder.ExecutionContext.IsRunMode ? redis.WithPassword(null) : redis;
    }

    private static void AddDurable(CommandLineArgsCallbackContext context)
    {
        if (context.ExecutionContext.IsRunMode)
        {
            foreach (var argument in Durable)
                context.Args.Add(argument);
        }
        else
        {
            // Published, Redis is started by a shell whose last argument is the whole command line.
            context.Args[^1] = $"{context.Args[^1]} {string.Join(' ', Durable)}";
        }
    }
}
