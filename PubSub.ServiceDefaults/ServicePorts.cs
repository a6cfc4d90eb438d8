using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PubSub.ServiceDefaults;

/// <summary>
/// The ports that this process listens on. With a configured port 0 the system chooses one, so these are right only
/// after the start.
/// </summary>
public sealed class ServicePorts
{
    private ListenOptions? _grpc;
    private ListenOptions? _http;
    private ListenOptions? _metrics;

    /// <summary>Port of the gRPC door; 0 where there is none.</summary>
    public int Grpc => _grpc?.IPEndPoint?.Port ?? 0;

    /// <summary>Port of the HTTP door; 0 where there is none.</summary>
    public int Http => _http?.IPEndPoint?.Port ?? 0;

    /// <summary>Port of /metrics; 0 where there is none.</summary>
    public int Metrics => _metrics?.IPEndPoint?.Port ?? 0;

    internal void Listen(KestrelServerOptions kestrel, PortOptions ports, Action<ListenOptions>? atHttpDoor)
    {
        kestrel.AddServerHeader = false;

        // A peer that vanished without a word must not hold its streams for the hours that TCP would.
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);

        _grpc = Listen(kestrel, ports.Grpc, HttpProtocols.Http2, Door.Grpc);
        _http = Listen(kestrel, ports.Http, HttpProtocols.Http1, Door.Http, atHttpDoor);
        _metrics = Listen(kestrel, ports.Metrics, HttpProtocols.Http1, Door.Metrics);
    }

    /// <summary>The door that a request came through.</summary>
    internal static Door DoorOf(HttpContext context) => context.Features.Get<DoorFeature>()?.Door ?? Door.Http;

    private static ListenOptions? Listen(KestrelServerOptions kestrel, int? port, HttpProtocols protocols, Door door, Action<ListenOptions>? further = null)
    {
        if (port is not { } number || number == PortOptions.Off)
            return null;

        ListenOptions? opened = null;
        kestrel.ListenAnyIP(number, listen =>
        {
            listen.Protocols = protocols;
            var feature = new DoorFeature(door);
            listen.Use(next => connection =>
            {
                connection.Features.Set(feature);
                return next(connection);
            });
            further?.Invoke(listen);
            opened = listen;
        });
        return opened;
    }

    private sealed record DoorFeature(Door Door);
}

internal enum Door
{
    Grpc,
    Http,
    Metrics,
}

/// <summary>Settings of the doors; a null default says that the service has no such door.</summary>
internal sealed class PortOptions
{
    public const string Section = "Ports";
    public const int Off = -1;

    [Setting("GRPC_PORT", "Port of the gRPC door, HTTP/2 without TLS; 0 takes any free port"), Range(0, 65535)]
    public int? Grpc { get; set; }

    [Setting("HTTP_PORT", "Port of the HTTP door; 0 takes any free port"), Range(0, 65535)]
    public int? Http { get; set; }

    [Setting("METRICS_PORT", "Port of /metrics, /health and /alive; 0 takes any free port, -1 turns it off"), Range(Off, 65535)]
    public int? Metrics { get; set; }

    /// <summary>Two doors on one port, which the system would report as a port in use, without saying by whom.</summary>
    public IEnumerable<string> Clashes()
    {
        (string Name, int? Port)[] doors = [("GRPC_PORT", Grpc), ("HTTP_PORT", Http), ("METRICS_PORT", Metrics)];
        return from one in doors
               from other in doors
               where one.Port > 0 && one.Port == other.Port && string.CompareOrdinal(one.Name, other.Name) < 0
               select $"{one.Name} and {other.Name} are both {one.Port}; each door needs its own port";
    }
}
