using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PushManagers = PubSub.Membership.Peers.PeerTable<PubSub.Protocol.PushManagerService.PushManagerServiceClient>;

namespace PubSub.ConnectNode.Upstream;

/// <summary>
/// Brings clients' phones to the push manager of their user's channel, or to the next one that answers: a registration
/// may be repeated.
/// </summary>
/// <remarks>
/// Apps register at each start, so after an outage a whole node's clients may come at once. Only some are under way at a
/// time, on calls of their own, so that they do not stand in the way of messages; the others wait no longer than a call may take.
/// </remarks>
internal sealed class DeviceUplink(PushManagers managers, IOptions<UpstreamOptions> options, UplinkMetrics metrics, TimeProvider time)
    : IDeviceUplink, IDisposable
{
    private const int MostAtOnce = 64;

    private readonly SemaphoreSlim _turns = new(MostAtOnce);
    private int _waiting;

    public Task<RegisterDeviceReply> RegisterAsync(RegisterDeviceRequest request) =>
        InTurnAsync("RegisterDevice", request.UserId, (devices, call) => devices.RegisterDeviceAsync(request, call));

    public Task<RemoveDeviceReply> RemoveAsync(RemoveDeviceRequest request) =>
        InTurnAsync("RemoveDevice", request.UserId, (devices, call) => devices.RemoveDeviceAsync(request, call));

    public void Dispose() => _turns.Dispose();

    private async Task<T> InTurnAsync<T>(string method, string userId, Func<DeviceService.DeviceServiceClient, CallOptions, AsyncUnaryCall<T>> call)
    {
        // One deadline for all of it. A call that the client no longer waits for must not be made: it would undo a later one.
        var patience = TimeSpan.FromMilliseconds(options.Value.ReadLogTimeoutMs);
        var until = new CallOptions(deadline: time.GetUtcNow().UtcDateTime + patience);
        try
        {
            if (Interlocked.Increment(ref _waiting) > options.Value.Queue || !await _turns.WaitAsync(patience))
                throw new RpcException(new Status(StatusCode.Unavailable, "too many devices wait for the push managers. Try again later."));
            try
            {
                return await FirstThatAnswersAsync(method, userId, devices => call(devices, until));
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async Task<T> FirstThatAnswersAsync<T>(string method, string userId, Func<DeviceService.DeviceServiceClient, AsyncUnaryCall<T>> call)
    {
        var peers = managers.Current;
        var own = peers.IsEmpty ? 0 : LaneHash.Lane(ChannelId.User(userId).Text, peers.Length);
        var failure = new RpcException(new Status(StatusCode.Unavailable, "no push manager is known. Try again later."));
        for (var attempt = 0; attempt < peers.Length; attempt++)
        {
            try
            {
                var reply = await call(new DeviceService.DeviceServiceClient(peers[(own + attempt) % peers.Length].Calls));
                metrics.Called("push", method, StatusCode.OK);
                return reply;
            }
            catch (RpcException failed)
            {
                metrics.Called("push", method, failed.StatusCode);
                failure = failed;
                if (!PushUplink.MayAnotherDo(failed.StatusCode))
                    break;
            }
        }

        throw failure;
    }
}
