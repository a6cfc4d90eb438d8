using PubSub.Controller.Doors;
using PubSub.Controller.Events;
using PubSub.Controller.Nodes;
using PubSub.Controller.Redis;
using PubSub.Controller.Rooms;
using PubSub.Controller.Sessions;
using PubSub.Controller.Statistics;
using PubSub.ServiceDefaults;
using PubSub.ServiceDefaults.Feeds;

namespace PubSub.Controller;

/// <summary>What Program.cs puts together.</summary>
internal static class ControllerServices
{
    public static void AddControllerSettings(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<RedisOptions>(RedisOptions.Section);
        builder.AddValidatedOptions<RoomOptions>(RoomOptions.Section);
        builder.AddValidatedOptions<NodeOptions>(NodeOptions.Section);
        builder.AddValidatedOptions<EventOptions>(EventOptions.Section);
        builder.AddValidatedOptions<StatisticsOptions>(StatisticsOptions.Section);
    }

    /// <summary>The state in Redis, and the questions about it.</summary>
    public static IServiceCollection AddControllerStores(this IServiceCollection services) => services
        .AddSingleton<ControllerMetrics>()
        .AddSingleton<RedisStore>()
        .AddSingleton<IndexWriter>()
        .AddSingleton<IndexMirror>()
        .AddFeeds<Protocol.ClusterEvent, EventReader>()
        .AddSingleton<RoomStore>()
        .AddSingleton<RoomReader>()
        .AddSingleton<SessionStore>()
        .AddSingleton<UserReader>()
        .AddSingleton<SessionChanges>()
        .AddSingleton<NodeStore>()
        .AddSingleton<ChannelNodes>()
        .AddSingleton<SessionRemoval>()
        .AddSingleton<NodeSweep>()
        .AddSingleton<StatisticsReader>()
        .AddSingleton<StateCheck>();

    /// <summary>What goes on without being asked.</summary>
    public static IServiceCollection AddControllerWork(this IServiceCollection services) => services
        .AddHostedService(provider => provider.GetRequiredService<NodeSweep>())
        .AddHostedService(provider => provider.GetRequiredService<StateCheck>())
        .AddHostedService<NodeLeases>()
        .AddHostedService<StatisticsLog>();

    public static IServiceCollection AddControllerDoors(this IServiceCollection services) => services
        .AddSingleton<Answering>()
        .AddSingleton<SessionCalls>()
        .AddSingleton<RoomCalls>()
        .AddSingleton<NodeCalls>()
        .AddSingleton<NodeClients>()
        .AddSingleton<Kicks>()
        .AddSingleton<ControllerGrpcDoor>();
}
