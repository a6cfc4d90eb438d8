using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using PubSub.LocalTools;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Programs of this machine that stand for images where no container engine answers: the same program with the same
/// arguments, with the container's ports and folders replaced by those that it has here.
/// </summary>
internal sealed class LocalPrograms(RunFolder folder)
{
    public static bool IsTelemetry(ContainerResource container) => ImageOf(container).EndsWith("jaeger", StringComparison.Ordinal)
        || ImageOf(container).Contains("jaegertracing", StringComparison.Ordinal);

    public async Task<LaunchPlan> PlanAsync(
        ContainerResource container, IReadOnlyList<string> arguments,
        IReadOnlyList<(string Name, string Value, bool IsSecret)> variables,
        IProgress<string> progress, CancellationToken cancellationToken)
    {
        var image = ImageOf(container);
        var tool = image.EndsWith("redis", StringComparison.Ordinal) ? LocalTool.Redis
            : image.EndsWith("etcd", StringComparison.Ordinal) ? LocalTool.Etcd
            : throw new DistributedApplicationException(
                $"'{container.Name}' is the container image {image}, and no container engine answers. Install Docker or Podman and start it, "
                + "or give the application the address of one that runs elsewhere.");
        try
        {
            var command = await tool.LocateAsync(progress, cancellationToken);
            var start = command.StartInfo(Adapted(container, tool, arguments, variables));
            start.WorkingDirectory = folder.Volume(container.Name);
            return new LaunchPlan(start, $"{command.FileName} (for {image})");
        }
        catch (LocalToolMissingException e)
        {
            throw new DistributedApplicationException(
                $"{e.Message}{Environment.NewLine}  - start Docker or Podman, which brings {image} as a container"
                + $"{Environment.NewLine}  - use one that runs already: set ConnectionStrings__{container.Name} to its address", e);
        }
    }

    private static string ImageOf(ContainerResource container) =>
        container.Annotations.OfType<ContainerImageAnnotation>().Last().Image;

    private List<string> Adapted(
        ContainerResource container, LocalTool tool, IReadOnlyList<string> arguments,
        IReadOnlyList<(string Name, string Value, bool IsSecret)> variables)
    {
        var here = arguments.SkipWhile(argument => argument == tool.Name).Select(argument => Here(container, argument, variables)).ToList();
        if (tool == LocalTool.Redis)
        {
            var mounted = container.Annotations.OfType<ContainerMountAnnotation>().FirstOrDefault(mount => mount.Target == "/data");
            var port = container.Annotations.OfType<EndpointAnnotation>().First().AllocatedEndpoint!.Port;
            here.AddRange(["--port", Text(port), "--bind", "127.0.0.1", "--dir", FolderOf(container, mounted)]);
        }
        else if (tool == LocalTool.Etcd)
        {
            // A port of its own for members that will never come; the usual one may be taken by another etcd.
            here.AddRange(["--listen-peer-urls", "http://127.0.0.1:0"]);
        }

        return here;
    }

    private string Here(
        ContainerResource container, string argument, IReadOnlyList<(string Name, string Value, bool IsSecret)> variables)
    {
        foreach (var endpoint in container.Annotations.OfType<EndpointAnnotation>().Where(one => one.TargetPort is not null))
            argument = argument.Replace($":{endpoint.TargetPort}", $":{endpoint.AllocatedEndpoint!.Port}", StringComparison.Ordinal);
        foreach (var mount in container.Annotations.OfType<ContainerMountAnnotation>())
            argument = argument == mount.Target ? FolderOf(container, mount) : argument;
        foreach (var (name, value, _) in variables)
            argument = argument.Replace($"${name}", value, StringComparison.Ordinal);
        return argument.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
    }

    private string FolderOf(ContainerResource container, ContainerMountAnnotation? mount) => mount switch
    {
        { Type: ContainerMountType.BindMount, Source: { } source } => source,
        { Source: { } volume } => folder.Volume(volume),
        _ => folder.Volume(container.Name),
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
