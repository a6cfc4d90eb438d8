using Microsoft.Extensions.Options;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Jobs;

internal static class JobServices
{
    /// <summary>After the links: what is registered last stops first, and the workers stop before what they use.</summary>
    public static void AddJobs(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<JobOptions>(JobOptions.Section);
        builder.AddValidatedOptions<KafkaOptions>(KafkaOptions.Section, static options => options.Faults());
        builder.Services.AddSingleton<JobMetrics>();
        builder.Services.AddSingleton<JobWakeUps>();
        builder.Services.AddSingleton<Func<IPushLogReader>>(static services =>
            () => services.GetRequiredService<IOptions<JobOptions>>().Value.PushLog is PushLogKind.Kafka
                ? ActivatorUtilities.CreateInstance<KafkaPushLogReader>(services)
                : ActivatorUtilities.CreateInstance<RedisPushLogReader>(services));
        builder.Services.AddSingleton<Func<IPushLogReader, PushJobWorker>>(static services =>
            reader => ActivatorUtilities.CreateInstance<PushJobWorker>(services, reader));
        builder.Services.AddHostedService<JobWorkers>();
    }
}
