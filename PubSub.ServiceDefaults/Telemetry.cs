using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PubSub.ServiceDefaults.Prometheus;

namespace PubSub.ServiceDefaults;

/// <summary>The names are those of the OpenTelemetry specification; the SDK reads what is not listed here itself.</summary>
internal sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    [Setting("OTEL_EXPORTER_OTLP_ENDPOINT", "Where traces, metrics and logs go over OTLP; empty sends nothing")]
    public Uri? Endpoint { get; set; }

    [Setting("OTEL_EXPORTER_OTLP_PROTOCOL", "How they go there"), AllowedValues("grpc", "http/protobuf")]
    public string Protocol { get; set; } = "grpc";

    [Setting("OTEL_SERVICE_NAME", "Name of the service in telemetry; empty takes the program's own")]
    public string? ServiceName { get; set; }

    [Setting("OTEL_TRACES_SAMPLER", "Which traces are kept"), AllowedValues("always_on", "always_off", "traceidratio",
        "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio")]
    public string Sampler { get; set; } = "parentbased_always_on";

    [Setting("OTEL_TRACES_SAMPLER_ARG", "Share of traces that a ratio sampler keeps"), Range(0.0, 1.0)]
    public double SamplerRatio { get; set; } = 1;
}

/// <summary>
/// OTLP for a process, wired through the SDK's builders over the sources and meters that .NET itself brings. Without
/// an endpoint nothing is built: no listener, hence no cost where spans start and instruments record.
/// </summary>
internal static class Telemetry
{
    public static readonly string[] Meters =
    [
        "PubSub.*", "Microsoft.AspNetCore.*", "System.Net.Http", "System.Net.NameResolution", "System.Runtime",
    ];

    private static readonly string[] Sources = ["PubSub.*", CallSpans.ServerSource, CallSpans.GrpcClientSource, CallSpans.HttpClientSource];

    public static void AddTelemetry(this IHostApplicationBuilder builder, ServiceDefinition service)
    {
        CallSpans.PrepareFramework();
        PassOnToSdk(builder.Configuration);
        if (!IsOn(builder.Configuration))
            return;

        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.IncludeScopes = false;
            logs.SetResourceBuilder(Resource(builder.Configuration, service));
            logs.AddOtlpExporter();
        });
        builder.Services.AddSingleton(_ => OpenTelemetrySdk.Create(sdk => Configure(sdk, builder.Configuration, service)));
        builder.Services.AddHostedService<TelemetryLifetime>();
        builder.Services.AddHostedService<OtlpFaults>();
        builder.Services.AddSingleton<IStartupFilter, RequestSpans>();
    }

    private static void Configure(IOpenTelemetryBuilder sdk, IConfiguration configuration, ServiceDefinition service)
    {
        sdk.Services.AddSingleton(configuration);
        sdk.WithTracing(traces => traces
            .SetResourceBuilder(Resource(configuration, service))
            .AddSource([.. Sources, .. service.ActivitySources])
            .AddProcessor(new CallSpans())
            .AddOtlpExporter());
        sdk.WithMetrics(metrics => metrics
            .SetResourceBuilder(Resource(configuration, service))
            .AddMeter([.. Meters, .. service.Meters])
            .AddView(BucketsInSeconds)
            .AddOtlpExporter());
    }

    private static ResourceBuilder Resource(IConfiguration configuration, ServiceDefinition service) =>
        ResourceBuilder.CreateEmpty()
            .AddService(
                configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } name ? name : service.Name,
                serviceNamespace: "pubsub",
                serviceVersion: ServiceVersion.Current,
                autoGenerateServiceInstanceId: false,
                serviceInstanceId: configuration[service.InstanceIdVariable] ?? configuration[InstanceOptions.IdKey] ?? service.InstanceId)
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();

    private static ExplicitBucketHistogramConfiguration? BucketsInSeconds(Instrument instrument) =>
        HistogramBounds.HasDefault(instrument)
            ? new ExplicitBucketHistogramConfiguration { Boundaries = HistogramBounds.Of(instrument) }
            : null;

    private static bool IsOn(IConfiguration configuration) =>
        Uri.TryCreate(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"], UriKind.Absolute, out _)
        && !string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>The SDK knows only the environment's names; what appsettings say under ours is handed on as those.</summary>
    private static void PassOnToSdk(IConfigurationManager configuration)
    {
        var section = configuration.GetSection(TelemetryOptions.Section);
        (string Variable, string Key)[] names =
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", nameof(TelemetryOptions.Endpoint)),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", nameof(TelemetryOptions.Protocol)),
            ("OTEL_SERVICE_NAME", nameof(TelemetryOptions.ServiceName)),
            ("OTEL_TRACES_SAMPLER", nameof(TelemetryOptions.Sampler)),
            ("OTEL_TRACES_SAMPLER_ARG", nameof(TelemetryOptions.SamplerRatio)),
        ];
        configuration.AddInMemoryCollection(names
            .Where(name => string.IsNullOrEmpty(configuration[name.Variable]) && section[name.Key] is { Length: > 0 })
            .Select(name => KeyValuePair.Create(name.Variable, section[name.Key])));
    }
}

/// <summary>Starts the SDK with the host, and sends what is still queued when the rest of the host is down.</summary>
internal sealed class TelemetryLifetime(OpenTelemetrySdk sdk) : IHostedLifecycleService, IDisposable
{
    // One that is away refuses at once; one that swallows what it is sent must not use up the time to stop.
    private const int FlushMilliseconds = 10_000;

    private readonly ActivityListener _unsampled = CallSpans.PassOnWhatIsNotSampled();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        Task sent = Task.WhenAll(
            Task.Run(() => sdk.TracerProvider.Shutdown(FlushMilliseconds), CancellationToken.None),
            Task.Run(() => sdk.MeterProvider.Shutdown(FlushMilliseconds), CancellationToken.None));
        await sent.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _unsampled.Dispose();
}
