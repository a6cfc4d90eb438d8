using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;

namespace PubSub.Bench.Servers;

/// <summary>The baseline: the framework's SignalR, with groups for rooms and nothing else.</summary>
internal static class SignalRServer
{
    public const string Command = "serve-signalr";

    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSignalR();
        await using var app = builder.Build();
        app.MapHub<BenchHub>("/hub", static options => options.Transports = HttpTransportType.WebSockets);
        await app.StartAsync();

        Console.WriteLine(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port);
        await Console.In.ReadToEndAsync();
        // Connections may still be open; nobody waits for them.
        return 0;
    }
}

internal sealed class BenchHub : Hub
{
    public Task Join(string room) => Groups.AddToGroupAsync(Context.ConnectionId, room);

    public Task Push(string room, string data) => Clients.Group(room).SendAsync("push", data);
}
