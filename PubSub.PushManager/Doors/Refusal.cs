using Grpc.Core;

namespace PubSub.PushManager.Doors;

/// <summary>What a door throws where it does not do what it was asked for.</summary>
internal static class Refusal
{
    public static RpcException Invalid(string complaint) => Of(StatusCode.InvalidArgument, complaint);

    public static RpcException Of(StatusCode code, string why) => new(new Status(code, why));
}
