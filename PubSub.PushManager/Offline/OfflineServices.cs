using PubSub.PushManager.Devices;
using PubSub.PushManager.Mobile;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Offline;

internal static class OfflineServices
{
    public static void AddOffline(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<OfflineOptions>(OfflineOptions.Section, static options => options.Faults());
        builder.AddValidatedOptions<DeviceOptions>(DeviceOptions.Section);
        builder.AddValidatedOptions<MobileOptions>(MobileOptions.Section);
        builder.AddValidatedOptions<ApnsOptions>(ApnsOptions.Section, static options => options.Faults());
        builder.AddValidatedOptions<FcmOptions>(FcmOptions.Section, static options => options.Faults());
        builder.Services.AddSingleton<DeviceStore>();
        builder.Services.AddSingleton<OfflineMetrics>();
        builder.Services.AddSingleton<OfflineWatch>();
        builder.Services.AddSingleton<WebhookNotifier>();
        builder.Services.AddSingleton<ApnsNotifier>();
        builder.Services.AddSingleton<FcmNotifier>();
        builder.Services.AddSingleton<NotifierRoutes>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<NotifierRoutes>());
    }
}
