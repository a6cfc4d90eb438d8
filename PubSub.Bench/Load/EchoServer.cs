using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PubSub.Bench.Load;

/// <summary>What runs in the server process: a bare echo and the gRPC echo on one Kestrel, cleartext HTTP/2.</summary>
internal static class EchoServer
{
    public const string Command = "serve-echo";
    public const string BarePath = "/bare";
    public const string AllocatedPath = "/allocated";

    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddGrpc();

        await using var app = builder.Build();
        app.MapPost(BarePath, EchoAsync);
        app.MapGet(AllocatedPath, context =>
            context.Response.WriteAsync(GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture)));
        app.MapGrpcService<EchoGrpcService>();
        await app.StartAsync();

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Console.WriteLine(new Uri(addresses.Single()).Port);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    // As short as an honest echo can be: the whole body is read, then answered from the same buffer.
    private static async Task EchoAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync();
            if (!read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            context.Response.ContentLength = read.Buffer.Length;
            foreach (var segment in read.Buffer)
                await context.Response.BodyWriter.WriteAsync(segment);
            reader.AdvanceTo(read.Buffer.End);
            return;
        }
    }
}
