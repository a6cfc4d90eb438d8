using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Offline;

internal static class OfflineServices
{
    public static void AddOffline(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<OfflineOptions>(OfflineOptions.Section, static options => options.Faults());
        builder.Services.AddSingleton<OfflineMetrics>();
        builder.Services.AddSingleton<OfflineQueue>();
        builder.Services.AddSingleton<IOfflineNotifier, WebhookNotifier>();
        builder.Services.AddHostedService<OfflineWorkers>();
    }
}
