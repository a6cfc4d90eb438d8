using System.Xml.Linq;

namespace PubSub.Tests.Bundled;

/// <summary>What bundled/ stands in for, and what lies beside the tests.</summary>
internal static class BundledAssemblies
{
    /// <summary>The package names: each folder of bundled/ with a project of its name.</summary>
    public static IReadOnlyList<string> Packages { get; } =
    [
        .. Directory.GetDirectories(Path.Combine(Repository.Root, "bundled"))
            .Select(folder => Path.GetFileName(folder))
            .Where(name => File.Exists(ProjectFile(name)))
            .Order(StringComparer.Ordinal),
    ];

    public static IReadOnlySet<string> Names { get; } = Packages.Select(AssemblyName).ToHashSet();

    /// <summary>
    /// Packages that come from NuGet either way, but in an older version where the registry lacks parts of the current one.
    /// </summary>
    public static IReadOnlySet<string> WithTwoVersions { get; } = Versions("Current").Intersect(Versions("Restorable")).ToHashSet();

    public static string ProjectFile(string package) =>
        Path.Combine(Repository.Root, "bundled", package, package + ".csproj");

    /// <summary>The file of an assembly in the output folder of the tests.</summary>
    public static string PathOf(string assembly) => Path.Combine(AppContext.BaseDirectory, assembly + ".dll");

    private static IEnumerable<string> Versions(string label) =>
        XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Root!.Elements("ItemGroup")
            .Single(group => (string?)group.Attribute("Label") == label)
            .Elements("PackageVersion")
            .Select(item => (string)item.Attribute("Include")!);

    private static string AssemblyName(string package) =>
        XDocument.Load(ProjectFile(package)).Descendants("AssemblyName").FirstOrDefault()?.Value ?? package;
}
