using PubSub.Protocol;

namespace PubSub.PushManager.Doors;

/// <summary>The devices of a user over HTTP: what DeviceService does, with the same fields.</summary>
internal static class DeviceHttpDoor
{
    private const int MaxBodyBytes = 65_536;

    public static void MapDeviceHttp(this WebApplication app)
    {
        Describe(app.MapPut("/users/{user_id}/devices/{device_id}", (HttpContext http, DeviceGrpcDoor door, string user_id, string device_id) =>
            HttpDesk.AnswerAsync(async () => DeviceJson.From(await door.RegisterAsync(await ReadAsync(http, user_id, device_id))))),
            "RegisterDevice", "Registers a device's token of APNs or FCM; again with each start of the app.")
            .Accepts<DeviceJson>("application/json").Produces<DeviceReplyJson>()
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
        Describe(app.MapGet("/users/{user_id}/devices", (DeviceGrpcDoor door, string user_id) =>
            HttpDesk.AnswerAsync(async () => DevicesJson.From(await door.ListAsync(user_id)))),
            "ListDevices", "The registered devices of a user, without their tokens.")
            .Produces<DevicesJson>();
        Describe(app.MapDelete("/users/{user_id}/devices/{device_id}", (DeviceGrpcDoor door, string user_id, string device_id) =>
            HttpDesk.AnswerAsync(async () => new DeviceRemovedJson { Removed = (await door.RemoveAsync(user_id, device_id)).Removed })),
            "RemoveDevice", "Forgets a device, when its user logs out there.")
            .Produces<DeviceRemovedJson>();
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route, string name, string summary) => route
        .WithName(name).WithSummary(summary).WithTags("Devices")
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<RegisterDeviceRequest> ReadAsync(HttpContext http, string userId, string deviceId)
    {
        var device = await HttpDesk.ReadAsync(
            http, PushJsonContext.Default.DeviceJson, MaxBodyBytes, "an object with platform and token",
            // Its own message may quote the body, and so the token.
            static wrong => $"The body is no device (at {wrong.Path ?? "$"}): send an object with the texts platform and token.");
        return new RegisterDeviceRequest { UserId = userId, DeviceId = deviceId, Platform = device.ToPlatform(), Token = device.Token ?? "" };
    }
}
