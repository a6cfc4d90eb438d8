using Grpc.Core;

namespace PubSub.Membership;

/// <summary>One line for people out of what a call to etcd threw.</summary>
internal static class EtcdError
{
    public static string Describe(Exception error) => error switch
    {
        RpcException { Status: { StatusCode: StatusCode.DeadlineExceeded } } => "no answer in time",
        RpcException { Status: { DebugException: { } cause } status } => $"{status.StatusCode}: {status.Detail} ({cause.GetBaseException().Message})",
        RpcException { Status: var status } => $"{status.StatusCode}: {status.Detail}",
        TimeoutException or OperationCanceledException => "no answer in time",
        _ => error.Message,
    };
}
