using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PubSub.ConnectNode.Sockets.Tls;

/// <summary>What the files hold.</summary>
/// <param name="Certificates">The node's own first, then those that lead to its root.</param>
/// <param name="Key">Empty: it is among the certificates.</param>
internal sealed record PemPair(string Certificates, string Key)
{
    /// <exception cref="CryptographicException">They are no certificate and its key.</exception>
    public SslStreamCertificateContext ToContext()
    {
        try
        {
            var own = X509Certificate2.CreateFromPem(Certificates, Key.Length > 0 ? Key : Certificates);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(Certificates);
            chain.RemoveAt(0);
            // Clients get what the file holds; nothing is looked for on the network.
            return SslStreamCertificateContext.Create(own, chain, offline: true);
        }
        catch (ArgumentException wrong)
        {
            throw new CryptographicException("The key is none, or another certificate's.", wrong);
        }
    }
}
