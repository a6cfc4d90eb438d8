using Microsoft.Extensions.Options;
using PubSub.ServiceDefaults;

namespace PubSub.BizServer.PushLog;

internal static class PushLogServices
{
    /// <summary>The dead letters alone, for the command line: with the settings of the environment and appsettings.json.</summary>
    public static IDeadLetters OpenDeadLetters()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true).AddEnvironmentVariables();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddPushLog();
        return builder.Build().Services.GetRequiredService<IDeadLetters>();
    }

    public static void AddPushLog(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<PushLogOptions>(PushLogOptions.Section, static options => options.Faults());
        builder.Services.AddSingleton<RedisConnection>();
        builder.Services.AddSingleton<KafkaClients>();
        builder.Services.AddSingleton<IPushLogWriter>(static services => IsKafka(services)
            ? ActivatorUtilities.CreateInstance<KafkaPushLogWriter>(services)
            : ActivatorUtilities.CreateInstance<RedisPushLogWriter>(services));
        builder.Services.AddSingleton<IDeadLetters>(static services => IsKafka(services)
            ? ActivatorUtilities.CreateInstance<KafkaDeadLetters>(services)
            : ActivatorUtilities.CreateInstance<RedisDeadLetters>(services));
    }

    private static bool IsKafka(IServiceProvider services) =>
        services.GetRequiredService<IOptions<PushLogOptions>>().Value.Kind is PushLogKind.Kafka;
}
