using Grpc.Core;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Devices;

namespace PubSub.PushManager.Doors;

/// <summary>DeviceService; the HTTP door asks here too.</summary>
internal sealed class DeviceGrpcDoor(DoorDesk desk, DeviceStore devices) : DeviceService.DeviceServiceBase
{
    public override Task<RegisterDeviceReply> RegisterDevice(RegisterDeviceRequest request, ServerCallContext context) => RegisterAsync(request);

    public override Task<ListDevicesReply> ListDevices(ListDevicesRequest request, ServerCallContext context) => ListAsync(request.UserId);

    public override Task<RemoveDeviceReply> RemoveDevice(RemoveDeviceRequest request, ServerCallContext context) =>
        RemoveAsync(request.UserId, request.DeviceId);

    public Task<RegisterDeviceReply> RegisterAsync(RegisterDeviceRequest request) =>
        AnswerAsync("RegisterDevice", DeviceRules.Complaint(request), async () => new RegisterDeviceReply
        {
            ExpiresAt = await devices.RegisterAsync(request.UserId, request.DeviceId, request.Platform, request.Token),
        });

    public Task<ListDevicesReply> ListAsync(string userId) =>
        AnswerAsync("ListDevices", IdRules.Complaint("user_id", userId), async () =>
        {
            var reply = new ListDevicesReply();
            reply.Devices.AddRange((await devices.ListAsync(userId)).Select(device => new RegisteredDevice
            {
                DeviceId = device.Id,
                Platform = device.Platform,
                RegisteredAt = device.RegisteredAt,
                ExpiresAt = devices.EndOf(device.RegisteredAt),
            }));
            return reply;
        });

    public Task<RemoveDeviceReply> RemoveAsync(string userId, string deviceId) =>
        AnswerAsync("RemoveDevice", DeviceRules.Complaint(userId, deviceId), async () => new RemoveDeviceReply
        {
            Removed = await devices.RemoveAsync(userId, deviceId),
        });

    private Task<T> AnswerAsync<T>(string method, string? complaint, Func<Task<T>> answer) => desk.AnswerAsync(method, async () =>
    {
        if (complaint is not null)
            throw Refusal.Invalid(complaint);
        return await answer();
    });
}
