using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PubSub.Bench.Cluster;

/// <summary>
/// A collector that takes every export and keeps none of it. With it the measured processes have their telemetry on, as in
/// production; without one they would build none of it at all.
/// </summary>
internal sealed class OtlpSink : IAsyncDisposable
{
    // An uncompressed gRPC message of no bytes: of each export's answer, the one that says "all taken".
    private static readonly byte[] AllTaken = new byte[5];

    private readonly WebApplication _app;
    private long _exports;

    private OtlpSink()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, static door => door.Protocols = HttpProtocols.Http2));
        // The console's own would take Ctrl+C from the bench.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    public string Endpoint => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>Batches of metrics, spans or log lines.</summary>
    public long Exports => Interlocked.Read(ref _exports);

    public static async Task<OtlpSink> StartAsync()
    {
        var sink = new OtlpSink();
        await sink._app.StartAsync();
        return sink;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext call)
    {
        await call.Request.Body.CopyToAsync(Stream.Null);
        call.Response.ContentType = "application/grpc";
        await call.Response.Body.WriteAsync(AllTaken);
        call.Response.AppendTrailer("grpc-status", "0");
        Interlocked.Increment(ref _exports);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
