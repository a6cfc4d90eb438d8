using Microsoft.Extensions.Options;
using PubSub.Membership;
using PubSub.Membership.Peers;
using PubSub.Protocol;
using PubSub.PushManager.Links;
using PubSub.PushManager.Log;
using PubSub.PushManager.Offline;
using PubSub.PushManager.Publishing;
using PubSub.PushManager.Receipts;
using PubSub.PushManager.Resolving;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager;

/// <summary>The parts of the push manager behind its doors, in the order in which a message meets them.</summary>
internal static class PushServices
{
    public static void AddPublishing(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<PublishOptions>(PublishOptions.Section);
        builder.Services.AddSingleton<PushMetrics>();
        builder.Services.AddSingleton<PushRules>();
        builder.Services.AddSingleton<SlowReaderRules>();
        builder.Services.AddSingleton<LaneWork>();
        builder.Services.AddSingleton<Publisher>();
        builder.AddOffline();
    }

    public static void AddChannelLog(this WebApplicationBuilder builder)
    {
        RedisConnection.AddTo(builder);
        builder.AddValidatedOptions<ChannelLogOptions>(ChannelLogOptions.Section, static options => options.Faults());
        builder.AddValidatedOptions<SlowReaderOptions>(SlowReaderOptions.Section, static options => options.Faults());
        builder.Services.AddSingleton<ChannelLog>();
        builder.Services.AddHostedService<ChannelLogCheck>();
        builder.Services.AddSingleton<LogReader>();
        builder.Services.AddSingleton<CursorStore>();
        builder.Services.AddSingleton<MessageStatusReader>();
        builder.AddReceipts();
    }

    public static void AddResolving(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<ResolveOptions>(ResolveOptions.Section, static options => options.Faults());
        builder.Services.AddSingleton(static services => new PeerTable<ControllerService.ControllerServiceClient>(
            services.GetRequiredService<IOptions<ResolveOptions>>().Value.Controllers.Select(static address => ServiceAddress.Parse(address)!),
            services.GetRequiredKeyedService<IMembership>(ServiceKind.Controller),
            static calls => new ControllerService.ControllerServiceClient(calls),
            services.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddSingleton<NodeResolver>();
    }

    public static void AddLinks(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<NodeLinkOptions>(NodeLinkOptions.Section);
        builder.Services.AddSingleton<NodeConnector>();
        builder.Services.AddSingleton<AwaitedNodes>();
        builder.Services.AddSingleton<LinkTable>();
        builder.Services.AddSingleton<Func<NodeAddress, NodeLink>>(static services => node => new NodeLink(
            node,
            services.GetRequiredService<NodeConnector>(),
            services.GetRequiredService<IOptions<NodeLinkOptions>>(),
            services.GetRequiredService<PushMetrics>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<NodeLink>>()));
        builder.Services.AddHostedService<NodeFollower>();
        builder.Services.AddHostedService<PushLifetime>();
    }
}
