using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using PubSub.ServiceDefaults.Prometheus;
using PubSub.ServiceDefaults.Settings;

namespace PubSub.ServiceDefaults;

/// <summary>What every service of this project has in common; README.md shows a whole Program.cs.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>
    /// Doors and their ports, telemetry over OTLP, /metrics, health checks, log format, graceful stop and checked settings.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">Name of the service in traces and logs.</param>
    /// <param name="define">Default ports and instance id.</param>
    public static WebApplicationBuilder AddServiceDefaults(
        this WebApplicationBuilder builder, string name, Action<ServiceDefinition>? define = null)
    {
        var service = new ServiceDefinition(name);
        define?.Invoke(service);

        ConfigCommands.KeepOutOfConfiguration(builder.Configuration);
        builder.AddPorts(service);
        builder.AddIdentity(service);
        builder.AddLogFormat();
        builder.AddValidatedOptions(TelemetryOptions.Section, new TelemetryOptions { ServiceName = name }, null);
        builder.AddTelemetry(service);
        builder.AddMetricsDoor(service);
        builder.Services.AddHealth();
        builder.AddGracefulStop();
        return builder;
    }

    /// <summary>Maps /health and /alive. /metrics needs no mapping: it is on its own port.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealth();
        return app;
    }

    /// <summary>
    /// Answers <c>--check-config</c> and <c>--print-config</c>, or checks all settings and runs until the process is told
    /// to stop. A wrong setting is one line on stderr and exit code 2.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <param name="args">Arguments of the program.</param>
    /// <returns>Exit code of the process.</returns>
    public static async Task<int> RunServiceAsync(this WebApplication app, string[] args)
    {
        var name = app.Services.GetRequiredService<ServiceDefinition>().Name;
        var catalog = app.Services.GetRequiredService<SettingsCatalog>();
        if (ConfigCommands.Run(name, args, catalog, app.Services, Console.Out, Console.Error) is { } exitCode)
        {
            await app.DisposeAsync();
            return exitCode;
        }

        try
        {
            await app.RunAsync();
            return 0;
        }
        catch (Exception failure) when (IsPortInUse(failure))
        {
            await Console.Error.WriteLineAsync($"{name}: {failure.Message} Set GRPC_PORT, HTTP_PORT or METRICS_PORT to a free port.");
            return 1;
        }
    }

    internal static bool IsPortInUse(Exception failure) => failure is IOException { InnerException: AddressInUseException };

    private static void AddPorts(this WebApplicationBuilder builder, ServiceDefinition service)
    {
        var defaults = new PortOptions { Grpc = service.GrpcPort, Http = service.HttpPort, Metrics = service.MetricsPort };
        var hidden = new Dictionary<string, string?>();
        foreach (var (property, port) in new[]
        {
            (nameof(PortOptions.Grpc), defaults.Grpc), (nameof(PortOptions.Http), defaults.Http),
            (nameof(PortOptions.Metrics), defaults.Metrics),
        })
        {
            if (port is null)
                hidden[property] = null;
        }

        builder.AddValidatedOptions(PortOptions.Section, defaults, hidden, static ports => ports.Clashes());
        builder.Services.AddSingleton<ServicePorts>();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<ServicePorts, IOptions<PortOptions>>(
            (kestrel, doors, ports) => doors.Listen(kestrel, ports.ValueOrDefault(), service.HttpDoor));
    }

    private static void AddIdentity(this WebApplicationBuilder builder, ServiceDefinition service)
    {
        var defaults = new InstanceOptions { Id = service.InstanceId ?? $"{service.Name}-{Environment.MachineName}" };
        builder.AddValidatedOptions(
            InstanceOptions.Section, defaults,
            new Dictionary<string, string?> { [nameof(InstanceOptions.Id)] = service.InstanceIdVariable });
        builder.Services.AddSingleton(service);
        builder.Services.AddSingleton(services => new ServiceIdentity(
            service.Name, services.GetRequiredService<IOptions<InstanceOptions>>().Value.Id, ServiceVersion.Current));
    }

    private static void AddMetricsDoor(this WebApplicationBuilder builder, ServiceDefinition service)
    {
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(services => new MetricsRegistry(
            [.. Telemetry.Meters, .. service.Meters],
            services.GetRequiredService<IMeterFactory>(),
            services.GetRequiredService<ILogger<MetricsRegistry>>()));
        if (service.MetricsPort is not null)
            builder.Services.AddSingleton<IStartupFilter, MetricsDoor>();
    }

    private static void AddGracefulStop(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<StopOptions>(StopOptions.Section, static stop => stop.Faults());
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<StopOptions>>(
            static (host, stop) => host.ShutdownTimeout = TimeSpan.FromSeconds(stop.ValueOrDefault().TimeoutSeconds));
        builder.Services.AddHostedService<GracefulStop>();
    }

    private static void AddLogFormat(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<LogOptions>(LogOptions.Section);
        builder.Logging.ClearProviders();
        builder.Logging.AddConsole().AddConsoleFormatter<LogLines, ConsoleFormatterOptions>();
        builder.Logging.AddJsonConsole();
        builder.Services.AddOptions<ConsoleLoggerOptions>().Configure<IOptions<LogOptions>>(static (console, log) =>
            console.FormatterName = log.ValueOrDefault().Format == LogFormat.Json ? ConsoleFormatterNames.Json : LogLines.FormatterName);
        builder.Services.AddOptions<JsonConsoleFormatterOptions>().Configure(static json =>
        {
            json.UseUtcTimestamp = true;
            json.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            json.IncludeScopes = true;
            json.JsonWriterOptions = new JsonWriterOptions { Indented = false };
        });
        builder.Services.AddOptions<LoggerFilterOptions>().Configure<IOptions<LogOptions>>(static (filters, log) =>
        {
            var level = log.ValueOrDefault().Level;
            filters.MinLevel = level;
            foreach (var quiet in new[] { "Microsoft.AspNetCore", "Grpc", "System.Net.Http" })
                Limit(filters, quiet, level > LogLevel.Warning ? level : LogLevel.Warning);

            // As long as these two can log anything at all, the framework makes spans and scopes at every request and
            // call for whoever might log. Spans are made for their collector alone, and what these say is said elsewhere.
            Limit(filters, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
            Limit(filters, "Grpc.Net.Client.Internal.GrpcCall", LogLevel.None);

            // A line for every question that is answered with no, while a start is waiting for a yes. The answer says why.
            Limit(filters, "Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        });

        // First, so that a rule of appsettings for the same category wins.
        static void Limit(LoggerFilterOptions filters, string category, LogLevel level) =>
            filters.Rules.Insert(0, new LoggerFilterRule(null, category, level, null));
    }
}
