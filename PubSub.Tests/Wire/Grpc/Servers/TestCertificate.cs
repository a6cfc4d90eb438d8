using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PubSub.Tests.Wire.Grpc.Servers;

/// <summary>A self-signed certificate for localhost, made once per run and known to nobody else.</summary>
internal static class TestCertificate
{
    public static X509Certificate2 Instance { get; } = Make();

    public static string CertificatePem => Instance.ExportCertificatePem();

    public static string KeyPem => Instance.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    /// <summary>Trusts this certificate and no other.</summary>
    public static bool IsIt(X509Certificate? presented) =>
        presented is not null && presented.GetRawCertData().AsSpan().SequenceEqual(Instance.RawDataMemory.Span);

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
