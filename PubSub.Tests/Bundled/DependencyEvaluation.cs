using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PubSub.Tests.Bundled;

/// <summary>What a project depends on once MSBuild has evaluated it, for one value of Bundled.</summary>
internal sealed record Evaluated(
    IReadOnlyList<string> Packages, IReadOnlyList<string> BundledProjects, ILookup<string, string> Versions);

/// <summary>Asks MSBuild for the dependencies of all projects of the solution, without restoring or building them.</summary>
public sealed partial class DependencyEvaluation : IAsyncLifetime, IDisposable
{
    /// <summary>The chosen two of the mixed case: one that many projects name and one that few do.</summary>
    public const string Mixed = "Grpc.AspNetCore;dotnet-etcd";

    // The real Aspire is also an SDK, which MSBuild would have to download to evaluate the project that imports it. So the
    // AppHost is seen without that import: the packages that it names itself, not those that the SDK adds.
    private const string WithoutAspireSdk = "AspireFromNuGet=false";

    private const string Show = """
        <Project>
          <Target Name="ShowDependencies">
            <Message Importance="high" Text="@@$(Bundled)|$(MSBuildProjectName)|package|%(PackageReference.Identity)|" />
            <Message Importance="high" Text="@@$(Bundled)|$(MSBuildProjectName)|project|%(ProjectReference.Identity)|" />
            <Message Importance="high" Text="@@$(Bundled)|$(MSBuildProjectName)|version|%(PackageVersion.Identity)|%(PackageVersion.Version)" />
          </Target>
        </Project>
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("pubsub-switch-").FullName;
    private ILookup<(string Bundled, string Project), string[]> _lines = Array.Empty<string[]>().ToLookup(_ => ("", ""));

    /// <summary>The projects of the solution, by name.</summary>
    internal static IReadOnlyDictionary<string, string> Projects { get; } =
        SolutionProject().Matches(File.ReadAllText(Path.Combine(Repository.Root, "PubSub.sln")))
            .Select(match => Path.Combine(Repository.Root, match.Groups[1].Value.Replace('\\', '/')))
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file));

    public async Task InitializeAsync()
    {
        var all = string.Join(';', Projects.Values);
        var hook = Path.Combine(_folder, "show.targets");
        await File.WriteAllTextAsync(hook, Show);
        var run = await RunAsync($"""
            <Project>
              <Target Name="Run">
                <MSBuild Projects="{all}" Targets="ShowDependencies" Properties="{WithoutAspireSdk};CustomAfterMicrosoftCommonTargets={hook}" />
                <MSBuild Projects="{all}" Targets="ShowDependencies" Properties="{WithoutAspireSdk};CustomAfterMicrosoftCommonTargets={hook};Bundled=none" />
                <MSBuild Projects="{all}" Targets="ShowDependencies" Properties="{WithoutAspireSdk};CustomAfterMicrosoftCommonTargets={hook};Bundled={Escaped(Mixed)}" />
              </Target>
            </Project>
            """);
        Assert.True(run.ExitCode == 0, run.Output);
        _lines = run.Output.Split('\n')
            .Select(line => line.Trim())
            .Where(line => line.StartsWith("@@", StringComparison.Ordinal))
            .Select(line => line[2..].Split('|'))
            .ToLookup(parts => (parts[0], parts[1]));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    internal Evaluated Of(string project, string bundled)
    {
        var lines = _lines[(bundled, project)].Where(parts => parts[3].Length > 0).ToArray();
        Assert.NotEmpty(lines);
        return new Evaluated(
            [.. lines.Where(parts => parts[2] == "package").Select(parts => parts[3]).Order()],
            [
                .. lines.Where(parts => parts[2] == "project" && parts[3].Contains("/bundled/", StringComparison.Ordinal))
                    .Select(parts => Path.GetFileNameWithoutExtension(parts[3])).Order(),
            ],
            lines.Where(parts => parts[2] == "version").ToLookup(parts => parts[3], parts => parts[4]));
    }

    /// <summary>Evaluates one project with an own value of Bundled and gives what MSBuild says.</summary>
    internal Task<(int ExitCode, string Output)> WithBundledAsync(string project, string bundled) => RunAsync($"""
        <Project>
          <Target Name="Run">
            <MSBuild Projects="{Projects[project]}" Targets="ResolveReferences" Properties="Bundled={Escaped(bundled)}" />
          </Target>
        </Project>
        """);

    private static string Escaped(string list) => list.Replace(";", "%3B", StringComparison.Ordinal);

    private async Task<(int ExitCode, string Output)> RunAsync(string script)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid():N}.proj");
        await File.WriteAllTextAsync(file, script);
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            ["msbuild", file, "-t:Run", "-nologo", "-nodeReuse:false", "-m:1", "-tl:off"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _folder,
        };

        // The tests may themselves run under an MSBuild with another answer.
        foreach (var name in start.Environment.Keys.Where(IsOfTheOuterBuild).ToArray())
            start.Environment.Remove(name);

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    private static bool IsOfTheOuterBuild(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name == "Bundled";

    [GeneratedRegex("""= "[^"]+", "([^"]+\.csproj)",""")]
    private static partial Regex SolutionProject();
}
