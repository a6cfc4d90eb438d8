using Microsoft.Extensions.Configuration;

namespace PubSub.AppHost.BackingServices;

internal static class JaegerBacking
{
    /// <summary>
    /// Jaeger beside Aspire's dashboard, for those who set Jaeger=true. It receives OTLP on the ports that everybody knows
    /// it by only there, because they are the dashboard's otherwise.
    /// </summary>
    public static void AddJaegerBacking(this IDistributedApplicationBuilder builder, string name, int port)
    {
        if (!builder.Configuration.GetValue("Jaeger", builder.ExecutionContext.IsPublishMode))
            return;

        var jaeger = builder.AddContainer(name, "jaegertracing/all-in-one", "1.76.0")
            .WithHttpEndpoint(port, targetPort: 16686, name: "http")
            .WithHttpEndpoint(targetPort: 4317, name: "otlp");
        foreach (var service in builder.Resources.OfType<ProjectResource>().ToArray())
        {
            builder.CreateResourceBuilder(service)
                .WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", jaeger.GetEndpoint("otlp"))
                .WithEnvironment("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        }
    }
}
