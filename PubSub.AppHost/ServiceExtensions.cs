namespace PubSub.AppHost;

/// <summary>
/// What our services have in common: each learns its ports from GRPC_PORT, HTTP_PORT and METRICS_PORT, and says on the
/// last of these how it is.
/// </summary>
internal static class ServiceExtensions
{
    /// <summary>HTTP/2 without TLS, as all our gRPC doors speak it.</summary>
    public static IResourceBuilder<ProjectResource> WithGrpcEndpoint(this IResourceBuilder<ProjectResource> service, int? port) =>
        service.WithDoor(port, "grpc", "GRPC_PORT").WithEndpoint("grpc", endpoint => endpoint.Transport = "http2");

    public static IResourceBuilder<ProjectResource> WithHttpDoor(this IResourceBuilder<ProjectResource> service, int? port) =>
        service.WithDoor(port, "http", "HTTP_PORT");

    /// <summary>/metrics, /health and /alive.</summary>
    public static IResourceBuilder<ProjectResource> WithMetricsEndpoint(this IResourceBuilder<ProjectResource> service, int? port) =>
        service.WithDoor(port, "metrics", "METRICS_PORT").WithHttpHealthCheck("/health", endpointName: "metrics");

    /// <summary>The name in traces; Aspire would take the resource's, so that each node were a service of its own.</summary>
    public static IResourceBuilder<ProjectResource> WithServiceName(this IResourceBuilder<ProjectResource> service, string name) =>
        service.WithEnvironment("OTEL_SERVICE_NAME", name);

    // Where it is deployed a process listens where it always does; here the number is what callers use.
    private static IResourceBuilder<ProjectResource> WithDoor(
        this IResourceBuilder<ProjectResource> service, int? port, string name, string variable) =>
        service.WithHttpEndpoint(
            port, targetPort: service.ApplicationBuilder.ExecutionContext.IsPublishMode ? port : null, name, env: variable);
}
