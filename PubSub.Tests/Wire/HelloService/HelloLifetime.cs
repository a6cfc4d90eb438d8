using Microsoft.Extensions.Hosting;
using PubSub.ServiceDefaults;

namespace PubSub.Tests.Wire.HelloService;

/// <summary>Tells the test where to find the process.</summary>
internal sealed class PortsAnnouncement(ServicePorts ports, IHostApplicationLifetime lifetime) : IHostedService
{
    public const string Prefix = "ports ";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() =>
            Console.WriteLine($"{Prefix}{ports.Grpc} {ports.Http} {ports.Metrics}"));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>A part of the host that does not listen when it is told to stop.</summary>
internal sealed class NeverStops : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => new TaskCompletionSource().Task;
}
