using System.Net;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Grpc.Servers;

/// <summary>Kestrel with the interop services: one port for cleartext HTTP/2, one for TLS.</summary>
internal sealed class GrpcHost : IAsyncDisposable
{
    public const int MaxMessageSize = 12 * 1024 * 1024;

    private readonly WebApplication _app;

    private GrpcHost(WebApplication app, UnexpectedLogs logs, CountingGzip gzip)
    {
        _app = app;
        Logs = logs;
        Gzip = gzip;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Address = AddressOf("http", addresses);
        TlsAddress = AddressOf("https", addresses);
    }

    public Uri Address { get; }

    public Uri TlsAddress { get; }

    public UnexpectedLogs Logs { get; }

    public CountingGzip Gzip { get; }

    public static async Task<GrpcHost> StartAsync(
        int port = 0, Action<GrpcServiceOptions>? grpc = null, Action<KestrelServerLimits>? limits = null,
        Action<IServiceCollection>? services = null)
    {
        var logs = new UnexpectedLogs();
        var gzip = new CountingGzip();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(logs);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            limits?.Invoke(kestrel.Limits);
            kestrel.Listen(IPAddress.Loopback, port, endpoint => endpoint.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
            {
                endpoint.Protocols = HttpProtocols.Http2;
                endpoint.UseHttps(TestCertificate.Instance);
            });
        });
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<ProbeService>();
        services?.Invoke(builder.Services);
        builder.Services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = MaxMessageSize;
            options.CompressionProviders = [gzip];
            grpc?.Invoke(options);
        });

        var app = builder.Build();
        app.MapGrpcService<InteropService>();
        app.MapGrpcService<ProbeService>();
        await app.StartAsync();
        return new GrpcHost(app, logs, gzip);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static Uri AddressOf(string scheme, IEnumerable<string> addresses)
    {
        var bound = new Uri(addresses.Single(address => address.StartsWith(scheme + ":", StringComparison.Ordinal)));
        return new UriBuilder(bound) { Host = "localhost" }.Uri;
    }
}
