using Grpc.Core;

namespace PubSub.Tests.Bundled.GrpcStandIns;

/// <summary>A served call of which only the token matters.</summary>
internal sealed class TokenContext(CancellationToken token) : ServerCallContext
{
    protected override CancellationToken CancellationTokenCore => token;

    protected override string MethodCore => "/test/method";

    protected override string HostCore => "localhost";

    protected override string PeerCore => "ipv4:127.0.0.1:1";

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => Metadata.Empty;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => new(null, []);

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException();
}
