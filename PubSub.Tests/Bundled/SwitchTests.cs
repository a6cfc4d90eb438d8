using System.Xml.Linq;

namespace PubSub.Tests.Bundled;

/// <summary>
/// Whoever has the whole NuGet gets exactly what the projects name, in current versions; whoever has only the SDK gets
/// the stand-ins. Projects themselves do not know which.
/// </summary>
public sealed class SwitchTests(DependencyEvaluation evaluation) : IClassFixture<DependencyEvaluation>
{
    private static readonly XElement Versions =
        XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Root!;

    /// <summary>In bundled/, but part of a stand-in instead of one: projects that need it refer to it by its place.</summary>
    private static readonly string[] NoPackages = ["Aspire.Dashboard"];

    /// <summary>What the project is written against, wherever it comes from.</summary>
    private static readonly string[] Foundation =
    [
        "Aspire.Hosting.AppHost", "Aspire.Hosting.Redis", "Aspire.Hosting.Testing", "Aspire.StackExchange.Redis",
        "Confluent.Kafka", "Grpc.AspNetCore", "Grpc.AspNetCore.HealthChecks", "Grpc.AspNetCore.Server.Reflection",
        "OpenTelemetry.Exporter.OpenTelemetryProtocol", "StackExchange.Redis", "dotnet-etcd", "xunit",
    ];

    /// <summary>Parts of the above that a project without the rest names itself, and tools.</summary>
    private static readonly string[] PartsAndTools =
    [
        "BenchmarkDotNet", "FsCheck", "Google.Protobuf", "Grpc.Core.Api", "Grpc.Net.Client", "Grpc.Net.ClientFactory",
        "Grpc.Tools", "Microsoft.AspNetCore.OpenApi", "Microsoft.NET.Test.Sdk", "Microsoft.Playwright", "OpenTelemetry",
        "System.CommandLine", "YamlDotNet", "xunit.runner.visualstudio",
    ];

    /// <summary>The projects of the product and its tests, without the stand-ins themselves.</summary>
    public static TheoryData<string> Consumers =>
        [.. DependencyEvaluation.Projects.Keys.Except(BundledAssemblies.Packages)];

    public static TheoryData<string> StandIns =>
        [.. DependencyEvaluation.Projects.Keys.Intersect(BundledAssemblies.Packages)];

    [Theory]
    [MemberData(nameof(Consumers))]
    public void None_takes_every_named_package_from_NuGet(string project)
    {
        var evaluated = evaluation.Of(project, "none");

        Assert.Empty(evaluated.BundledProjects);
        Assert.Equal(Named(project), evaluated.Packages);
    }

    [Fact]
    public void None_asks_NuGet_for_exactly_these_packages()
    {
        var asked = DependencyEvaluation.Projects.Keys.SelectMany(project => evaluation.Of(project, "none").Packages).Distinct();

        Assert.Equal(Foundation.Concat(PartsAndTools).Order(StringComparer.Ordinal), asked.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Consumers))]
    public void The_default_takes_whatever_is_bundled_from_there(string project)
    {
        var evaluated = evaluation.Of(project, "");

        Assert.Equal(Named(project).Intersect(BundledAssemblies.Packages), evaluated.BundledProjects.Except(NoPackages));
        Assert.Equal(Named(project).Except(BundledAssemblies.Packages), evaluated.Packages);
    }

    [Theory]
    [MemberData(nameof(Consumers))]
    public void A_list_takes_only_these_from_there(string project)
    {
        var chosen = DependencyEvaluation.Mixed.Split(';');
        var evaluated = evaluation.Of(project, DependencyEvaluation.Mixed);

        Assert.Equal(Named(project).Intersect(chosen), evaluated.BundledProjects);
        Assert.Equal(Named(project).Except(chosen), evaluated.Packages);
    }

    [Theory]
    [MemberData(nameof(StandIns))]
    public void A_stand_in_that_is_not_in_use_needs_nothing(string project)
    {
        var evaluated = evaluation.Of(project, "none");

        Assert.Empty(evaluated.Packages);
        Assert.Empty(evaluated.BundledProjects);
    }

    [Theory]
    [MemberData(nameof(Consumers))]
    public void Every_named_package_has_one_version_in_each_case(string project) =>
        Assert.All(["", "none", DependencyEvaluation.Mixed], bundled =>
            Assert.All(Named(project), package => Assert.Single(evaluation.Of(project, bundled).Versions[package])));

    [Theory]
    [InlineData("", "Restorable")]
    [InlineData("none", "Current")]
    [InlineData(DependencyEvaluation.Mixed, "Current")]
    public void The_case_decides_between_current_and_restorable_versions(string bundled, string label)
    {
        var expected = Versions.Elements("ItemGroup").Single(group => (string?)group.Attribute("Label") == label)
            .Elements("PackageVersion")
            .Select(item => ((string)item.Attribute("Include")!, (string)item.Attribute("Version")!));
        var actual = evaluation.Of("PubSub.Tests", bundled).Versions;

        Assert.All(expected, item => Assert.Equal([item.Item2], actual[item.Item1]));
    }

    [Fact]
    public async Task A_name_that_is_not_bundled_is_one_clear_error()
    {
        var (exitCode, output) = await evaluation.WithBundledAsync("PubSub.Protocol", "Grpc.Core.Api;Grpc.Kore");

        Assert.NotEqual(0, exitCode);
        var error = Assert.Single(output.Split('\n'), line => line.Contains("error", StringComparison.Ordinal));
        Assert.Contains("PUBSUB001", error, StringComparison.Ordinal);
        Assert.Contains("does not have: Grpc.Kore. ", error, StringComparison.Ordinal);
    }

    private static string[] Named(string project) =>
    [
        .. XDocument.Load(DependencyEvaluation.Projects[project]).Descendants("PackageReference")
            .Select(item => item.Attribute("Include")!.Value).Order(),
    ];
}
