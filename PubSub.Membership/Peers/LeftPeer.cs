using Grpc.Core;
using Grpc.Core.Interceptors;

namespace PubSub.Membership.Peers;

/// <summary>
/// A peer can leave between the moment in which it was chosen and the call. For the caller that is a peer which does not
/// answer, not a fault of the program.
/// </summary>
internal sealed class LeftPeer : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        try
        {
            return continuation(request, context);
        }
        catch (ObjectDisposedException)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the peer has left"));
        }
    }
}
