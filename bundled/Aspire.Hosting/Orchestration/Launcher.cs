using System.Collections;
using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Turns a resource into something to start: a built project, a program, a container or what stands for one.</summary>
internal sealed class Launcher(
    BuiltProjects projects, RunFolder folder, DashboardHost dashboard, DistributedApplicationExecutionContext execution)
{
    // What concerns the app host itself must not leak into those that it starts.
    private static readonly string[] OwnVariables =
        ["ASPNETCORE_", "DOTNET_LAUNCH_PROFILE", "DOTNET_ENVIRONMENT", "ASPIRE_", "OTEL_", "DcpPublisher", "AppHost__", "Publishing__"];

    private readonly Lazy<Task<ContainerEngine?>> _engine = new(ContainerEngine.FindAsync);

    public async Task<LaunchPlan> PlanAsync(IResource resource, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var variables = new List<(string Name, string Value, bool IsSecret)>();
        foreach (var (name, value) in await Configuration.EnvironmentAsync(resource, execution, cancellationToken))
        {
            if (await Configuration.ValueAsync(value, cancellationToken) is { } text)
                variables.Add((name, text, Configuration.IsSecret(value)));
        }

        var arguments = new List<string>();
        foreach (var argument in await Configuration.ArgumentsAsync(resource, execution, cancellationToken))
            arguments.Add(await Configuration.ValueAsync(argument, cancellationToken) ?? "");

        var plan = resource switch
        {
            ProjectResource project => Project(project, arguments),
            ExecutableResource program => new LaunchPlan(
                new ProcessStartInfo(program.Command, arguments) { WorkingDirectory = program.WorkingDirectory }, program.Command),
            ContainerResource container => await ContainerAsync(container, arguments, variables, progress, cancellationToken),
            _ => throw new DistributedApplicationException($"'{resource.Name}' is nothing that can be started."),
        };
        SetEnvironment(plan.Start, variables);
        return plan with { Variables = variables };
    }

    private LaunchPlan Project(ProjectResource project, List<string> arguments)
    {
        var output = projects.OutputOf(project);
        var file = project.GetProjectMetadata().ProjectPath;
        return new LaunchPlan(
            new ProcessStartInfo(DotnetHost.Path, [output, .. arguments]) { WorkingDirectory = Path.GetDirectoryName(file) }, file);
    }

    private async Task<LaunchPlan> ContainerAsync(
        ContainerResource container, List<string> arguments, List<(string Name, string Value, bool IsSecret)> variables,
        IProgress<string> progress, CancellationToken cancellationToken)
    {
        if (LocalPrograms.IsTelemetry(container))
            return new LaunchPlan(null, dashboard.IsRunning ? "the dashboard" : "nothing: there is no dashboard in this run");
        if (await _engine.Value is { } engine)
            return engine.Plan(container, arguments, variables);
        return await new LocalPrograms(folder).PlanAsync(container, arguments, variables, progress, cancellationToken);
    }

    private static void SetEnvironment(ProcessStartInfo? start, List<(string Name, string Value, bool IsSecret)> variables)
    {
        if (start is null)
            return;
        foreach (DictionaryEntry inherited in Environment.GetEnvironmentVariables())
        {
            var name = (string)inherited.Key;
            if (OwnVariables.Any(own => name.StartsWith(own, StringComparison.OrdinalIgnoreCase)))
                start.Environment.Remove(name);
        }

        foreach (var (name, value, _) in variables)
            start.Environment[name] = value;
    }
}

internal static class DotnetHost
{
    /// <summary>The dotnet that runs this process, also where none is on PATH.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var beside = System.IO.Path.GetFullPath(
            System.IO.Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(beside) ? beside : name;
    }
}
