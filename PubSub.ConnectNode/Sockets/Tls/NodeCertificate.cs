using System.Net.Security;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace PubSub.ConnectNode.Sockets.Tls;

/// <summary>
/// As whom the node answers a TLS handshake. The files are looked at again now and then when somebody connects, so that a
/// renewed certificate needs no restart; sessions go on under the one with which they began. Files that do not fit
/// together leave the former in place: one of them may be half written.
/// </summary>
internal sealed partial class NodeCertificate(IOptions<TlsOptions> options, TimeProvider time, ILogger<NodeCertificate> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private PemPair? _files;
    private SslServerAuthenticationOptions? _current;
    private long _lookedAt;
    private string _complaint = "";

    public SslServerAuthenticationOptions Current
    {
        get
        {
            lock (_lock)
            {
                if (_current is null)
                    TakeLocked(options.Value.Read());
                else if (time.GetElapsedTime(_lookedAt) >= Interval)
                    LookLocked();
                return _current!;
            }
        }
    }

    private void LookLocked()
    {
        try
        {
            _lookedAt = time.GetTimestamp();
            var found = options.Value.Read();
            if (found != _files)
                TakeLocked(found);
            _complaint = "";
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or CryptographicException)
        {
            if (_complaint == wrong.Message)
                return;
            _complaint = wrong.Message;
            LogUnusable(wrong.Message);
        }
    }

    private void TakeLocked(PemPair files)
    {
        var certificate = files.ToContext();
        (_files, _lookedAt) = (files, time.GetTimestamp());
        _current = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        };
        var (from, until) = (certificate.TargetCertificate.NotBefore.ToUniversalTime(), certificate.TargetCertificate.NotAfter.ToUniversalTime());
        LogTaken(certificate.TargetCertificate.Subject, until);
        var now = time.GetUtcNow().UtcDateTime;
        if (now < from || now > until)
            LogNotValid(certificate.TargetCertificate.Subject, from, until);
    }
}
