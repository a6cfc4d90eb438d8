using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>Gives every endpoint its port before anything starts, and says at once which are taken.</summary>
internal sealed class Ports(IConfiguration configuration)
{
    public const string RandomKey = "DcpPublisher:RandomizePorts";

    // Below the range that the kernel gives to outgoing connections, so that none of those takes a port in between.
    private const int First = 20_000;
    private const int AfterLast = 32_000;

    private static readonly ConcurrentDictionary<int, bool> Given = [];

    public static bool AreRandom(IConfiguration configuration) => configuration.GetValue<bool>(RandomKey);

    public void Allocate(IEnumerable<IResource> resources)
    {
        var taken = new List<string>();
        var known = new Dictionary<int, string>();
        foreach (var resource in resources)
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().Where(one => one.AllocatedEndpoint is null))
            {
                var port = Wanted(endpoint) ?? Free();
                if (!known.TryAdd(port, resource.Name))
                    taken.Add($"Port {port} is wanted by both {known[port]} and {resource.Name}: give one of them another.");
                else if (!IsFree(port))
                    taken.Add($"Port {port} is in use, and {resource.Name} needs it. What listens there: ss -ltnp 'sport = :{port}'");
                endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, endpoint.TargetHost, port);
            }
        }

        if (taken.Count > 0)
        {
            taken.Add($"End what is in the way (another run of this app host?), or take free ports everywhere with --{RandomKey}=true");
            throw new DistributedApplicationException(string.Join(Environment.NewLine, taken));
        }
    }

    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, AfterLast);
            if (IsFree(port) && Given.TryAdd(port, true))
                return port;
        }
    }

    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);
            if (Socket.OSSupportsIPv6)
                listener.Server.DualMode = true;
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // No proxy stands before a resource here: it listens itself on the port that its callers use.
    private int? Wanted(EndpointAnnotation endpoint) =>
        AreRandom(configuration) && endpoint.IsProxied ? null : endpoint.Port ?? (endpoint.IsProxied ? null : endpoint.TargetPort);
}
