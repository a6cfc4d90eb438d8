using System.Security.Cryptography;
using PubSub.ServiceDefaults;

namespace PubSub.ConnectNode.Sockets.Tls;

/// <summary>Whether the HTTP door speaks TLS, and as whom.</summary>
internal sealed class TlsOptions
{
    public const string Section = "Tls";

    [Setting("TLS_CERTIFICATE_FILE", "PEM file with the certificate of HTTP_PORT, then those that lead to its root; clients then connect by wss and https alone. Empty: no TLS")]
    public string CertificateFile { get; set; } = "";

    [Setting("TLS_KEY_FILE", "PEM file with the private key of that certificate, not encrypted; empty: it is in the file of the certificate")]
    public string KeyFile { get; set; } = "";

    public bool IsOn => CertificateFile.Length > 0;

    public IEnumerable<string> Faults()
    {
        if (!IsOn)
        {
            if (KeyFile.Length > 0)
                yield return "TLS_KEY_FILE is set, but TLS_CERTIFICATE_FILE is not: give the file with the certificate.";
            yield break;
        }

        if (FaultOf("TLS_CERTIFICATE_FILE", CertificateFile) is { } fault)
            yield return fault;
        else if (KeyFile.Length > 0 && FaultOf("TLS_KEY_FILE", KeyFile) is { } faultOfKey)
            yield return faultOfKey;
        else if (FaultOfContent() is { } wrong)
            yield return wrong;
    }

    public PemPair Read() => new(File.ReadAllText(CertificateFile), KeyFile.Length > 0 ? File.ReadAllText(KeyFile) : "");

    private static string? FaultOf(string name, string file)
    {
        try
        {
            File.OpenRead(file).Dispose();
            return null;
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            return $"{name} cannot be read: {wrong.Message}";
        }
    }

    private string? FaultOfContent()
    {
        try
        {
            Read().ToContext();
            return null;
        }
        catch (CryptographicException)
        {
            return KeyFile.Length > 0
                ? $"TLS_CERTIFICATE_FILE = '{CertificateFile}' and TLS_KEY_FILE = '{KeyFile}' are no certificate with its key: give PEM files whose first certificate the key belongs to, the key not encrypted."
                : $"TLS_CERTIFICATE_FILE = '{CertificateFile}' is no certificate with its key: give a PEM file with both, or name the file of the key by TLS_KEY_FILE.";
        }
    }
}
