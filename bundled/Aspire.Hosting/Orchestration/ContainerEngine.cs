using System.ComponentModel;
using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Docker or Podman. A container belongs to the engine, not to us, so it would outlive an app host that was killed: beside
/// each one runs a small shell that waits for the end of its input, which comes when this process ends, whatever way, and
/// then removes the container.
/// </summary>
internal sealed class ContainerEngine(string program)
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    public static async Task<ContainerEngine?> FindAsync()
    {
        string[] candidates = Environment.GetEnvironmentVariable("ASPIRE_CONTAINER_RUNTIME") is { Length: > 0 } chosen
            ? [chosen]
            : ["docker", "podman"];
        foreach (var candidate in candidates)
        {
            if (await AnswersAsync(candidate))
                return new ContainerEngine(candidate);
        }

        return null;
    }

    public LaunchPlan Plan(
        ContainerResource container, IEnumerable<string> arguments, IEnumerable<(string Name, string Value, bool IsSecret)> variables)
    {
        if (!container.TryGetContainerImageName(out var image))
            throw new DistributedApplicationException($"The container '{container.Name}' has no image.");

        var name = $"{container.Name}-{Guid.NewGuid():N}"[..Math.Min(container.Name.Length + 9, 60)];
        List<string> run = ["run", "--rm", "--name", name];
        foreach (var endpoint in container.Annotations.OfType<EndpointAnnotation>())
        {
            var port = endpoint.AllocatedEndpoint!.Port;
            run.AddRange(["--publish", $"127.0.0.1:{port}:{endpoint.TargetPort ?? port}"]);
        }

        // By name only: the values come from the environment of the command, where no list of processes shows them.
        foreach (var (variable, _, _) in variables)
            run.AddRange(["--env", variable]);
        foreach (var mount in container.Annotations.OfType<ContainerMountAnnotation>())
        {
            var source = mount.Source is null ? "" : mount.Source + ":";
            run.AddRange(["--volume", $"{source}{mount.Target}{(mount.IsReadOnly ? ":ro" : "")}"]);
        }

        if (container.Entrypoint is { } entrypoint)
            run.AddRange(["--entrypoint", entrypoint]);
        run.Add(image);
        // A shell as entry point runs one command line.
        run.AddRange(container.Entrypoint == "/bin/sh" ? ["-c", string.Join(' ', arguments)] : arguments);

        return new LaunchPlan(new ProcessStartInfo(program, run), image)
        {
            Undertaker = new ProcessStartInfo(
                "/bin/sh", ["-c", "cat >/dev/null; exec \"$0\" rm --force \"$1\" >/dev/null 2>&1", program, name])
            {
                RedirectStandardInput = true,
            },
        };
    }

    private static async Task<bool> AnswersAsync(string program)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["version", "--format", "{{.Server.Version}}"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            try
            {
                using var deadline = new CancellationTokenSource(AnswersWithin, TimeProvider.System);
                await process.WaitForExitAsync(deadline.Token);
                return process.ExitCode == 0;
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                return false;
            }
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
