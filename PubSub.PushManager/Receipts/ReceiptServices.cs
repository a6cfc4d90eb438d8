using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Receipts;

internal static class ReceiptServices
{
    public static void AddReceipts(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<ReceiptOptions>(ReceiptOptions.Section, static options => options.Faults());
        builder.Services.AddSingleton<ReceiptMetrics>();
        builder.Services.AddSingleton<ReceiptFeeds>();
        builder.Services.AddSingleton<ReceiptTail>();
        builder.Services.AddSingleton<ReceiptWatch>();
        builder.Services.AddSingleton<Acknowledgements>();
        builder.Services.AddSingleton<WebhookTurn>();
        builder.Services.AddHostedService<ReceiptWebhook>();
    }
}
