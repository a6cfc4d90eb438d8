namespace Grpc.AspNetCore.ClientFactory;

public class GrpcContextPropagationOptions
{
    /// <summary>Let calls that are made outside of a served call pass, instead of refusing them.</summary>
    public bool SuppressContextNotFoundErrors { get; set; }
}
