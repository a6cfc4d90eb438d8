using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PubSub.ServiceDefaults;

/// <summary>What a service says of itself in Program.cs: its name, its doors and their default ports.</summary>
public sealed class ServiceDefinition
{
    internal ServiceDefinition(string name)
    {
        Name = name;
    }

    /// <summary>Name in traces, logs and messages; OTEL_SERVICE_NAME wins in telemetry.</summary>
    public string Name { get; }

    /// <summary>Default port of the gRPC door (h2c), GRPC_PORT; null: no such door.</summary>
    public int? GrpcPort { get; set; }

    /// <summary>Default port of the HTTP door, HTTP_PORT; null: no such door.</summary>
    public int? HttpPort { get; set; }

    /// <summary>What else the HTTP door needs, TLS for example.</summary>
    public Action<ListenOptions>? HttpDoor { get; set; }

    /// <summary>Default port of the metrics door, METRICS_PORT; null: no such door.</summary>
    public int? MetricsPort { get; set; }

    /// <summary>Environment variable that names this instance, for example NODE_ID.</summary>
    public string InstanceIdVariable { get; set; } = "INSTANCE_ID";

    /// <summary>Name of this instance where nothing is configured; null: the service's name with the host's.</summary>
    public string? InstanceId { get; set; }

    /// <summary>Meters to expose beside PubSub.* and those of .NET and ASP.NET Core; <c>*</c> at the end stands for any.</summary>
    public IList<string> Meters { get; } = [];

    /// <summary>Activity sources to trace beside PubSub.*, gRPC's, HttpClient's and ASP.NET Core's.</summary>
    public IList<string> ActivitySources { get; } = [];
}

/// <summary>Who this process is, as it calls itself in telemetry and in the registry of services.</summary>
/// <param name="Service">Name of the service, for example <c>push-manager</c>.</param>
/// <param name="InstanceId">Name of this instance, for example <c>push-manager-1</c>.</param>
/// <param name="Version">Version of the program.</param>
public sealed record ServiceIdentity(string Service, string InstanceId, string Version);

internal sealed class InstanceOptions
{
    public const string Section = "Instance";
    public const string IdKey = "Instance:Id";

    [Setting("INSTANCE_ID", "Name of this instance, different for each running one")]
    [RegularExpression("[A-Za-z0-9._-]{1,64}", ErrorMessage = "must be 1 to 64 letters, digits, dots, dashes or underscores")]
    public string Id { get; set; } = "";
}
