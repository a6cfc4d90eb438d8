using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>--publisher manifest: writes what the application consists of, for azd and others, and starts nothing.</summary>
internal static class ManifestPublisher
{
    private const string DefaultName = "aspire-manifest.json";

    /// <returns>The file that was written.</returns>
    public static async Task<string> PublishAsync(
        DistributedApplicationModel model, DistributedApplicationExecutionContext execution, string? outputPath,
        CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(outputPath))
        {
            throw new DistributedApplicationException(
                "--publisher manifest needs to know where to write: add --output-path with a folder or a .json file.");
        }

        var file = Path.GetFullPath(outputPath.EndsWith(".json", StringComparison.Ordinal)
            ? outputPath
            : Path.Combine(outputPath, DefaultName));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);

        await using var stream = File.Create(file);
        await using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        var context = new ManifestPublishingContext(execution, file, writer, cancellationToken);
        writer.WriteStartObject();
        writer.WriteString("$schema", "https://json.schemastore.org/aspire-8.0.json");
        writer.WriteStartObject("resources");
        foreach (var resource in model.Resources)
            await WriteAsync(context, resource);
        foreach (var resource in context.Referenced.Where(one => model.Resources.All(known => known.Name != one.Name)).ToArray())
            await WriteAsync(context, resource);
        writer.WriteEndObject();
        writer.WriteEndObject();
        return file;
    }

    private static async Task WriteAsync(ManifestPublishingContext context, IResource resource)
    {
        if (resource.TryGetLastAnnotation<ManifestPublishingCallbackAnnotation>(out var own) && own.Callback is null)
            return;

        context.Writer.WriteStartObject(resource.Name);
        await (own?.Callback?.Invoke(context) ?? WriteByKindAsync(context, resource));
        context.Writer.WriteEndObject();
    }

    private static async Task WriteByKindAsync(ManifestPublishingContext context, IResource resource)
    {
        switch (resource)
        {
            case ContainerResource container:
                await context.WriteContainerAsync(container);
                break;
            case ProjectResource project:
                context.Writer.WriteString("type", "project.v0");
                context.Writer.WriteString("path", context.GetManifestRelativePath(project.GetProjectMetadata().ProjectPath));
                await WriteProcessAsync(context, project);
                break;
            case ExecutableResource executable:
                context.Writer.WriteString("type", "executable.v0");
                context.Writer.WriteString("workingDirectory", context.GetManifestRelativePath(executable.WorkingDirectory));
                context.Writer.WriteString("command", executable.Command);
                await WriteProcessAsync(context, executable);
                break;
            case ParameterResource parameter:
                WriteParameter(context, parameter);
                break;
            default:
                throw new DistributedApplicationException($"The manifest has no way to say what '{resource.Name}' is.");
        }
    }

    private static async Task WriteProcessAsync(ManifestPublishingContext context, IResource resource)
    {
        await context.WriteCommandLineArgumentsAsync(resource);
        await context.WriteEnvironmentVariablesAsync(resource);
        context.WriteBindings(resource);
    }

    private static void WriteParameter(ManifestPublishingContext context, ParameterResource parameter)
    {
        var writer = context.Writer;
        writer.WriteString("type", "parameter.v0");
        if (parameter is IResourceWithConnectionString)
            writer.WriteString("connectionString", $"{{{parameter.Name}.value}}");
        writer.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
        writer.WriteStartObject("inputs");
        writer.WriteStartObject("value");
        writer.WriteString("type", "string");
        if (parameter.Secret)
            writer.WriteBoolean("secret", true);
        if (parameter.Default is { } standard)
        {
            writer.WriteStartObject("default");
            standard.WriteToManifest(context);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
