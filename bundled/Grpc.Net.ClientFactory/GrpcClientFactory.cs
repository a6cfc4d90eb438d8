using System.Diagnostics.CodeAnalysis;

namespace Grpc.Net.ClientFactory;

/// <summary>Makes clients by the name they were registered with.</summary>
public abstract class GrpcClientFactory
{
    public abstract TClient CreateClient<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>(string name)
        where TClient : class;
}
