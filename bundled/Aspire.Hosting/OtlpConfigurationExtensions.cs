using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public static class OtlpConfigurationExtensions
{
    // What the SDK waits before it sends, in milliseconds: in development people look at once.
    private const string Soon = "1000";

    /// <summary>Sends the resource's telemetry to the dashboard.</summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEnvironment => builder.WithEnvironment(context =>
        {
            var variables = context.EnvironmentVariables;
            variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
            var application = builder.ApplicationBuilder;
            if (context.ExecutionContext.IsPublishMode || application.Configuration["AppHost:OtlpEndpoint"] is not { } endpoint)
                return;

            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
            variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
            variables["OTEL_SERVICE_NAME"] = builder.Resource.Name;
            variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={builder.Resource.Name}";
            if (application.Configuration["AppHost:OtlpApiKey"] is { } key)
                variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
            if (application.Environment.IsDevelopment())
            {
                variables["OTEL_BSP_SCHEDULE_DELAY"] = Soon;
                variables["OTEL_BLRP_SCHEDULE_DELAY"] = Soon;
                variables["OTEL_METRIC_EXPORT_INTERVAL"] = Soon;
                variables["OTEL_TRACES_SAMPLER"] = "always_on";
            }
        });
}
