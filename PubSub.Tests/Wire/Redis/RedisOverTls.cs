using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PubSub.Tests.Infrastructure;
using StackExchange.Redis;

namespace PubSub.Tests.Wire.Redis;

public sealed class RedisOverTls : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pubsub-tls-");
    private readonly int _port = FreePort.Next();
    private X509Certificate2 _certificate = null!;
    private RedisProcess _redis = null!;

    public async Task InitializeAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=redis.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (certificateFile, keyFile) = (Path.Combine(_folder.FullName, "certificate.pem"), Path.Combine(_folder.FullName, "key.pem"));
        await File.WriteAllTextAsync(certificateFile, _certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());

        _redis = await RedisProcess.StartAsync(new RedisProcessOptions
        {
            MoreArguments =
            [
                "--tls-port", $"{_port}", "--tls-auth-clients", "no",
                "--tls-cert-file", certificateFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", certificateFile,
            ],
        });
    }

    [Fact]
    public async Task A_certificate_that_is_trusted_serves()
    {
        var options = Options();
        options.CertificateValidation += (_, certificate, _, _) =>
            certificate?.GetCertHashString() == _certificate.GetCertHashString();
        using var connection = await ConnectionMultiplexer.ConnectAsync(options);

        await connection.GetDatabase().PingAsync().WaitAsync(Wait.Patience);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_by_name()
    {
        // A client tells only of its latest attempt, and that may have ended before the certificate was looked at.
        await Wait.UntilAsync(
            async () =>
            {
                using var connection = await ConnectionMultiplexer.ConnectAsync(Options());
                var failure = await Assert.ThrowsAsync<RedisConnectionException>(() => connection.GetDatabase().PingAsync());
                return failure.ToString().Contains("certificate", StringComparison.OrdinalIgnoreCase);
            },
            "a refusal that names the certificate");
    }

    public async Task DisposeAsync()
    {
        await _redis.DisposeAsync();
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    private ConfigurationOptions Options()
    {
        var options = RecommendedRedis.Options($"127.0.0.1:{_port}");
        options.Ssl = true;
        options.SslHost = "redis.test";
        return options;
    }
}
