using System.Net.Security;
using Microsoft.Extensions.Logging;
using PubSub.ConnectNode.Sockets.Tls;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

public sealed class CertificatesAreCheckedAndRenewed : IDisposable
{
    /// <summary>As README.md says it.</summary>
    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(10);

    private readonly TlsFiles _files = new();
    private readonly TlsFiles _others = new();
    private readonly ManualTime _time = new();
    private readonly UnexpectedLogs _logs = new();

    public CertificatesAreCheckedAndRenewed() => _time.Advance(DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch);

    public void Dispose()
    {
        _files.Dispose();
        _others.Dispose();
    }

    [Fact]
    public void Files_that_are_missing_or_do_not_fit_are_said_by_name()
    {
        Assert.Empty(new TlsOptions().Faults());
        Assert.Empty(Options().Faults());
        Assert.Contains("TLS_CERTIFICATE_FILE is not: give", Fault(new TlsOptions { KeyFile = "x" }), StringComparison.Ordinal);
        Assert.StartsWith("TLS_CERTIFICATE_FILE cannot be read: ", Fault(new TlsOptions { CertificateFile = "/no/such/file" }), StringComparison.Ordinal);
        Assert.StartsWith("TLS_KEY_FILE cannot be read: ", Fault(Options(key: "/no/such/file")), StringComparison.Ordinal);
        Assert.Contains("no certificate with its key", Fault(Options(key: _others.KeyFile)), StringComparison.Ordinal);
        Assert.Contains("no certificate with its key", Fault(Options(key: _files.CertificateFile)), StringComparison.Ordinal);
        Assert.Contains("name the file of the key by TLS_KEY_FILE", Fault(Options(key: "")), StringComparison.Ordinal);
        File.WriteAllText(_files.CertificateFile, "nothing of the kind");
        Assert.Contains("no certificate with its key", Fault(Options()), StringComparison.Ordinal);
    }

    [Fact]
    public void One_file_may_hold_both()
    {
        File.AppendAllText(_files.CertificateFile, File.ReadAllText(_files.KeyFile));
        var options = Options(key: "");
        Assert.Empty(options.Faults());
        Assert.Equal("CN=first", SubjectOf(Certificate(options)));
    }

    [Fact]
    public void A_renewed_one_is_used_soon_and_nothing_is_read_before()
    {
        var certificate = Certificate(Options());
        var first = certificate.Current;
        Assert.Equal("CN=first", SubjectOf(certificate));
        _files.Replace("CN=second");
        _time.Advance(Noticed - TimeSpan.FromMilliseconds(1));
        Assert.Same(first, certificate.Current);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("CN=second", SubjectOf(certificate));
        _logs.AssertOnly();
    }

    [Fact]
    public void While_the_files_do_not_fit_together_the_former_stays_and_one_line_says_so()
    {
        var certificate = Certificate(Options());
        _ = certificate.Current;
        var (former, formerKey) = (File.ReadAllText(_files.CertificateFile), File.ReadAllText(_files.KeyFile));
        File.WriteAllText(_files.KeyFile, formerKey[..^40]);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(Noticed);
            Assert.Equal("CN=first", SubjectOf(certificate));
        }

        File.Delete(_files.KeyFile);
        _time.Advance(Noticed);
        Assert.Equal("CN=first", SubjectOf(certificate));
        Assert.Equal(2, _logs.Entries.Count);
        Assert.All(_logs.Entries, static entry => Assert.Contains("the former certificate stays", entry.Message, StringComparison.Ordinal));

        _files.Replace("CN=second");
        Assert.NotEqual(former, File.ReadAllText(_files.CertificateFile));
        _time.Advance(Noticed);
        Assert.Equal("CN=second", SubjectOf(certificate));
    }

    [Fact]
    public void One_that_is_over_is_used_and_complained_of()
    {
        _files.Replace("CN=old", days: 0);
        Assert.Equal("CN=old", SubjectOf(Certificate(Options())));
        Assert.Contains("clients will refuse it", Assert.Single(_logs.Entries).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_connects_sees_the_new_one_and_who_is_connected_goes_on()
    {
        await using var node = await NodeHost.StartAsync(tls: Options(), time: _time);
        using var before = await RawWebSocket.OpenAsync(node.Port, "user_id=u1&room_id=r", tls: _files.Check);
        await before.ReadAsync("joined");
        Assert.Equal("CN=first", _files.Seen);
        _files.Replace("CN=second");
        _time.Advance(Noticed);
        using var after = await RawWebSocket.OpenAsync(node.Port, "user_id=u2&room_id=r", tls: _files.Check);
        await after.ReadAsync("joined");
        Assert.Equal("CN=second", _files.Seen);
        node.Deliver(node.Upstream.Append("room:r", "hello"));
        await before.ReadAsync("serverMessages");
        await after.ReadAsync("serverMessages");
    }

    private TlsOptions Options(string? key = null) => new() { CertificateFile = _files.CertificateFile, KeyFile = key ?? _files.KeyFile };

    private NodeCertificate Certificate(TlsOptions options) =>
        new(Microsoft.Extensions.Options.Options.Create(options), _time, new Logger<NodeCertificate>(new LoggerFactory([_logs])));

    private static string Fault(TlsOptions options) => Assert.Single(options.Faults());

    private static string SubjectOf(NodeCertificate certificate) =>
        certificate.Current.ServerCertificateContext is SslStreamCertificateContext context ? context.TargetCertificate.Subject : "";
}
