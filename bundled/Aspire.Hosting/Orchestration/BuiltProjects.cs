using System.Reflection;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Where the build put the programs; the app host's project file writes it into the assembly.</summary>
internal sealed class BuiltProjects(Assembly? appHost)
{
    private const string DirectoryKey = "apphostprojectpath";
    private const string OutputKey = "projectoutput:";

    public static string? AppHostDirectory(Assembly? appHost) => Read(appHost, DirectoryKey);

    public string OutputOf(ProjectResource project)
    {
        var file = project.GetProjectMetadata().ProjectPath;
        var output = Read(appHost, OutputKey + file);
        return output is not null && File.Exists(output) ? output : throw new DistributedApplicationException(
            $"'{project.Name}' has not been built: {output ?? file} is missing. Build the solution (dotnet build), then run again.");
    }

    private static string? Read(Assembly? assembly, string key) => assembly?
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(attribute => attribute.Key == key)?.Value;
}
