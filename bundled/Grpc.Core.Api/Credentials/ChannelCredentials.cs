using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>Whether and how a channel is secured.</summary>
public abstract class ChannelCredentials
{
    // Not in a field: SslCredentials derives from this type, and its construction must not run in our initializer.
    private static SslCredentials? _secureSsl;

    public ChannelCredentials()
    {
    }

    public static ChannelCredentials Insecure => InsecureCredentials.Instance;

    public static ChannelCredentials SecureSsl => _secureSsl ??= new SslCredentials();

    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials) =>
        new Composite(channelCredentials, callCredentials);

    public abstract void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state);

    private sealed class InsecureCredentials : ChannelCredentials
    {
        public static readonly InsecureCredentials Instance = new();

        public override void InternalPopulateConfiguration(
            ChannelCredentialsConfiguratorBase configurator, object state) =>
            configurator.SetInsecureCredentials(state);
    }

    private sealed class Composite(ChannelCredentials channel, CallCredentials call) : ChannelCredentials
    {
        private readonly ChannelCredentials _channel = GrpcPreconditions.CheckNotNull(channel, "channelCredentials");
        private readonly CallCredentials _call = GrpcPreconditions.CheckNotNull(call, "callCredentials");

        public override void InternalPopulateConfiguration(
            ChannelCredentialsConfiguratorBase configurator, object state) =>
            configurator.SetCompositeCredentials(state, _channel, _call);
    }
}

/// <summary>How a channel reads its credentials.</summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    public abstract void SetInsecureCredentials(object state);

    public abstract void SetSslCredentials(
        object state,
        string? rootCertificates,
        KeyCertificatePair? keyCertificatePair,
        VerifyPeerCallback? verifyPeerCallback);

    public abstract void SetCompositeCredentials(
        object state, ChannelCredentials channelCredentials, CallCredentials callCredentials);
}
