using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PubSub.Tests.Infrastructure;

/// <summary>
/// PEM files as an authority hands them out: the certificate of 127.0.0.1 with the one between it and the root, and its key.
/// Clients know the root alone.
/// </summary>
internal sealed class TlsFiles : IDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UtcNow.AddDays(-1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pubsub-tls-");
    private readonly X509Certificate2 _root = SelfSigned("CN=root");
    private readonly X509Certificate2 _middle;

    public TlsFiles()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Authority("CN=middle", key);
        using var certificate = request.Create(_root, From, From.AddDays(9), [1]);
        _middle = certificate.CopyWithPrivateKey(key);
        Replace("CN=first");
    }

    public string CertificateFile => Path.Combine(_folder.FullName, "tls.crt");

    public string KeyFile => Path.Combine(_folder.FullName, "tls.key");

    /// <summary>A client's question whether the node's certificate is good.</summary>
    public RemoteCertificateValidationCallback Check => (_, certificate, chain, errors) =>
    {
        chain!.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        Seen = certificate!.Subject;
        return chain.Build((X509Certificate2)certificate) && (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0;
    };

    /// <summary>Whom the last node that a client asked about said to be.</summary>
    public string Seen { get; private set; } = "";

    /// <summary>Another certificate and another key.</summary>
    public void Replace(string subject, int days = 8)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(_middle, From, From.AddDays(days), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem() + "\n" + _middle.ExportCertificatePem() + "\n");
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _root.Dispose();
        _middle.Dispose();
    }

    private static X509Certificate2 SelfSigned(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Authority(subject, key).CreateSelfSigned(From, From.AddDays(10));
    }

    private static CertificateRequest Authority(string subject, ECDsa key)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }
}
