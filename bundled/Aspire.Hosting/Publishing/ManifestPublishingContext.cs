using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting.Publishing;

/// <summary>Writes resources into the manifest that deployment tools read.</summary>
public sealed class ManifestPublishingContext(
    DistributedApplicationExecutionContext executionContext, string manifestPath, Utf8JsonWriter writer,
    CancellationToken cancellationToken = default)
{
    // Ports for endpoints that do not say where they listen; containers share none, so any start will do.
    private int _nextPort = 8000;

    private readonly Dictionary<string, IResource> _referenced = [];

    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    public string ManifestPath { get; } = manifestPath;

    public Utf8JsonWriter Writer { get; } = writer;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Resources that others name without their being part of the model: generated passwords.</summary>
    internal IReadOnlyCollection<IResource> Referenced => _referenced.Values;

    public string? GetManifestRelativePath(string? path) => path is null ? null
        : Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(ManifestPath))!, path).Replace('\\', '/');

    public void TryAddDependentResources(object? value)
    {
        if (value is IResource resource)
        {
            _referenced.TryAdd(resource.Name, resource);
        }
        else if (value is IValueWithReferences references)
        {
            foreach (var reference in references.References)
                TryAddDependentResources(reference);
        }
    }

    public void WriteConnectionString(IResource resource)
    {
        if (resource is IResourceWithConnectionString { ConnectionStringExpression: { } expression })
        {
            Writer.WriteString("connectionString", expression.ValueExpression);
            TryAddDependentResources(expression);
        }
    }

    public async Task WriteContainerAsync(ContainerResource container)
    {
        if (!container.TryGetContainerImageName(out var image))
            throw new DistributedApplicationException($"The container '{container.Name}' has no image.");
        Writer.WriteString("type", "container.v0");
        WriteConnectionString(container);
        Writer.WriteString("image", image);
        if (container.Entrypoint is { } entrypoint)
            Writer.WriteString("entrypoint", entrypoint);
        await WriteCommandLineArgumentsAsync(container);
        WriteMounts(container, "bindMounts", "source", ContainerMountType.BindMount);
        WriteMounts(container, "volumes", "name", ContainerMountType.Volume);
        await WriteEnvironmentVariablesAsync(container);
        WriteBindings(container);
    }

    public async Task WriteEnvironmentVariablesAsync(IResource resource)
    {
        var variables = await Configuration.EnvironmentAsync(resource, ExecutionContext, CancellationToken);
        if (variables.Count == 0)
            return;

        Writer.WriteStartObject("env");
        foreach (var (name, value) in variables)
            Writer.WriteString(name, Expression(value));
        Writer.WriteEndObject();
    }

    public async Task WriteCommandLineArgumentsAsync(IResource resource)
    {
        var arguments = await Configuration.ArgumentsAsync(resource, ExecutionContext, CancellationToken);
        if (arguments.Count == 0)
            return;

        Writer.WriteStartArray("args");
        foreach (var argument in arguments)
            Writer.WriteStringValue(Expression(argument));
        Writer.WriteEndArray();
    }

    public void WriteBindings(IResource resource)
    {
        if (!resource.TryGetEndpoints(out var endpoints))
            return;

        Writer.WriteStartObject("bindings");
        foreach (var endpoint in endpoints)
        {
            var targetPort = endpoint.TargetPort ?? TargetPortOf(resource, endpoint);
            Writer.WriteStartObject(endpoint.Name);
            Writer.WriteString("scheme", endpoint.UriScheme);
            Writer.WriteString("protocol", endpoint.Protocol.ToString().ToLowerInvariant());
            Writer.WriteString("transport", endpoint.Transport);
            if (endpoint.Port is { } port && port != targetPort)
                Writer.WriteNumber("port", port);
            if (targetPort is { } number)
                Writer.WriteNumber("targetPort", number);
            if (endpoint.IsExternal)
                Writer.WriteBoolean("external", true);
            Writer.WriteEndObject();
        }

        Writer.WriteEndObject();
    }

    // A project's first http endpoint listens where its image listens; deployment knows where that is.
    private int? TargetPortOf(IResource resource, EndpointAnnotation endpoint) =>
        resource is ProjectResource && endpoint.UriScheme == "http"
            && resource.Annotations.OfType<EndpointAnnotation>().First(one => one.UriScheme == "http") == endpoint
            ? null
            : endpoint.Port ?? _nextPort++;

    private string Expression(object value)
    {
        TryAddDependentResources(value);
        return value is IManifestExpressionProvider provider ? provider.ValueExpression : value.ToString() ?? "";
    }

    private void WriteMounts(ContainerResource container, string list, string sourceName, ContainerMountType type)
    {
        var mounts = container.Annotations.OfType<ContainerMountAnnotation>().Where(mount => mount.Type == type).ToArray();
        if (mounts.Length == 0)
            return;

        Writer.WriteStartArray(list);
        foreach (var mount in mounts)
        {
            Writer.WriteStartObject();
            if (mount.Source is { } source)
                Writer.WriteString(sourceName, type == ContainerMountType.BindMount ? GetManifestRelativePath(source) : source);
            Writer.WriteString("target", mount.Target);
            Writer.WriteBoolean("readOnly", mount.IsReadOnly);
            Writer.WriteEndObject();
        }

        Writer.WriteEndArray();
    }
}
