using PubSub.Protocol;

namespace PubSub.ConnectNode.Upstream;

/// <summary>The node's way to the phones that the push managers keep.</summary>
internal interface IDeviceUplink
{
    /// <exception cref="Grpc.Core.RpcException">It is refused, or no push manager can keep it now.</exception>
    Task<RegisterDeviceReply> RegisterAsync(RegisterDeviceRequest request);

    /// <exception cref="Grpc.Core.RpcException">It is refused, or no push manager can forget it now.</exception>
    Task<RemoveDeviceReply> RemoveAsync(RemoveDeviceRequest request);
}
