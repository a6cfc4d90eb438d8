namespace PubSub.PushManager.Doors;

internal static class DoorServices
{
    public static void AddDoors(this WebApplicationBuilder builder)
    {
        // gRPC's own catch-all would take HTTP requests of a wrong content type and call them not found. A gRPC call of an
        // unknown method is UNIMPLEMENTED without it too, by its HTTP status.
        builder.Services.AddGrpc(static grpc => grpc.IgnoreUnknownServices = true);
        builder.Services.AddGrpcReflection();
        builder.Services.AddGrpcHealthChecks().AddCheck<PushHealth>("push");
        builder.Services.AddPushHttp();
        builder.Services.AddSingleton<DoorDesk>();
        builder.Services.AddSingleton<ReceiptDoor>();
        builder.Services.AddSingleton<DeviceGrpcDoor>();
    }

    public static void MapDoors(this WebApplication app)
    {
        app.MapGrpcService<PushGrpcDoor>();
        app.MapGrpcService<BroadcastDoor>();
        app.MapGrpcService<DeviceGrpcDoor>();
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
        app.MapPushHttp();
        app.MapHistoryHttp();
        app.MapDeviceHttp();
    }
}
