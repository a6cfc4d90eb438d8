using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sessions;

/// <summary>
/// The phones of a session's own user. What a token may be is the push managers' to say; whose it is, this node's.
/// </summary>
internal sealed class DeviceRegistration(IDeviceUplink uplink)
{
    public async Task RegisterAsync(Session session, ClientEnvelope frame)
    {
        var request = frame.RegisterDevice;
        var device = DeviceOf(session, request.DeviceId);
        var reply = await uplink.RegisterAsync(new RegisterDeviceRequest
        {
            UserId = session.User!.UserId,
            DeviceId = device,
            Platform = request.Platform,
            Token = request.Token,
        });
        session.Answer(new ServerEnvelope { Id = frame.Id, DeviceRegistered = new DeviceRegistered { DeviceId = device, ExpiresAt = reply.ExpiresAt } });
    }

    public async Task RemoveAsync(Session session, ClientEnvelope frame)
    {
        var device = DeviceOf(session, frame.RemoveDevice.DeviceId);
        var reply = await uplink.RemoveAsync(new RemoveDeviceRequest { UserId = session.User!.UserId, DeviceId = device });
        session.Answer(new ServerEnvelope { Id = frame.Id, DeviceRemoved = new DeviceRemoved { DeviceId = device, Removed = reply.Removed } });
    }

    private static string DeviceOf(Session session, string named)
    {
        var device = named.Length > 0 ? named : session.DeviceId;
        if (device.Length == 0)
            throw new RequestRefusedException(ErrorCode.BadRequest, "deviceId is empty: name the device here, or with device_id in the URL.");
        Refusal.Require(IdRules.Complaint("deviceId", device));
        return device;
    }
}
