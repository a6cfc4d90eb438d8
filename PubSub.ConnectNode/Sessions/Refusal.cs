using Grpc.Core;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sessions;

/// <summary>A request that is answered with an error frame; the connection stays.</summary>
internal sealed class RequestRefusedException(ErrorCode code, string message) : Exception(message)
{
    public ErrorCode Code => code;
}

/// <summary>How the answers of the other services look to a client.</summary>
internal static class Refusal
{
    public static void Require(string? complaint)
    {
        if (complaint is not null)
            throw new RequestRefusedException(ErrorCode.BadRequest, complaint);
    }

    public static ErrorCode CodeOf(StatusCode status) => status switch
    {
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => ErrorCode.BadRequest,
        StatusCode.NotFound => ErrorCode.RoomNotFound,
        StatusCode.ResourceExhausted => ErrorCode.RoomFull,
        StatusCode.PermissionDenied => ErrorCode.Forbidden,
        StatusCode.Unauthenticated => ErrorCode.Unauthorized,
        StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Aborted => ErrorCode.Unavailable,
        _ => ErrorCode.Internal,
    };

    public static string TextOf(RpcException error) => CodeOf(error.StatusCode) switch
    {
        ErrorCode.Unavailable => "The service behind this node does not answer at the moment; try again.",
        ErrorCode.Internal => "The service behind this node failed on this request.",
        _ => error.Status.Detail,
    };
}
