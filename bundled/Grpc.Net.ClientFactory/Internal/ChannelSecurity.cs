using Grpc.Core;
using Grpc.Net.Client;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>Whether a channel would send call credentials at all.</summary>
internal static class ChannelSecurity
{
    public static bool SendsCallCredentials(GrpcChannelOptions options, Uri address)
    {
        if (options.UnsafeUseInsecureChannelCallCredentials || address.Scheme == Uri.UriSchemeHttps)
        {
            return true;
        }

        // With a resolver's scheme (dns, static) the address does not tell; the channel's credentials do.
        var reader = new SecurityReader();
        if (address.Scheme != Uri.UriSchemeHttp)
        {
            options.Credentials?.InternalPopulateConfiguration(reader, reader);
        }

        return reader.IsSecure;
    }

    private sealed class SecurityReader : ChannelCredentialsConfiguratorBase
    {
        public bool IsSecure { get; private set; }

        public override void SetInsecureCredentials(object state) => IsSecure = false;

        public override void SetSslCredentials(
            object state, string? rootCertificates, KeyCertificatePair? pair, VerifyPeerCallback? verify) =>
            IsSecure = true;

        public override void SetCompositeCredentials(object state, ChannelCredentials channel, CallCredentials call) =>
            channel.InternalPopulateConfiguration(this, state);
    }
}
