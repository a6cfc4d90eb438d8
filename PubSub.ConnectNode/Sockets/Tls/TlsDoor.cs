using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;
using PubSub.ServiceDefaults;

namespace PubSub.ConnectNode.Sockets.Tls;

/// <summary>TLS at the HTTP door, where the settings name a certificate.</summary>
internal static class TlsDoor
{
    public static void UseNodeCertificate(this ListenOptions listen)
    {
        var services = listen.ApplicationServices;
        if (!services.GetRequiredService<IOptions<TlsOptions>>().ValueOrDefault().IsOn)
            return;
        var certificate = services.GetRequiredService<NodeCertificate>();
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(certificate.Current),
        });
    }
}
