using PubSub.Protocol;
using PubSub.ServiceDefaults;
using PubSub.ServiceDefaults.Feeds;

namespace PubSub.PushManager.Receipts;

internal static class ReceiptServices
{
    public static void AddReceipts(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<ReceiptOptions>(ReceiptOptions.Section, static options => options.Faults());
        builder.Services.AddSingleton<ReceiptMetrics>();
        builder.Services.AddFeeds<Receipt, ReceiptFeeds>();
        builder.Services.AddSingleton<Acknowledgements>();
        builder.Services.AddSingleton<WebhookTurn>();
        builder.Services.AddHostedService<ReceiptWebhook>();
    }
}
