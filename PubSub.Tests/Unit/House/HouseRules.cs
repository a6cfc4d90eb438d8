using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PubSub.Tests.Unit.House;

/// <summary>Which way references point, and how large a file may grow. ARCHITECTURE.md draws the same picture.</summary>
public sealed partial class HouseRules
{
    private static readonly string[] Services = ["PubSub.BizServer", "PubSub.ConnectNode", "PubSub.Controller", "PubSub.PushManager"];

    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["PubSub.BizServer"] = ["PubSub.Protocol", "PubSub.ServiceDefaults", "PubSub.Membership", "PubSub.Client"],
        ["PubSub.Client"] = ["PubSub.Protocol"],
        ["PubSub.ConnectNode"] = ["PubSub.Protocol", "PubSub.ServiceDefaults", "PubSub.Membership"],
        ["PubSub.Controller"] = ["PubSub.Protocol", "PubSub.ServiceDefaults", "PubSub.Membership"],
        ["PubSub.LocalTools"] = [],
        ["PubSub.Membership"] = ["PubSub.ServiceDefaults"],
        ["PubSub.Protocol"] = [],
        ["PubSub.PushManager"] = ["PubSub.Protocol", "PubSub.ServiceDefaults", "PubSub.Membership"],
        ["PubSub.ServiceDefaults"] = [],
    };

    public static TheoryData<string> Libraries => [.. MayReference.Keys];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void References_point_the_agreed_way(string project)
    {
        var references = ProjectReferences(project);

        Assert.Empty(references.Except(MayReference[project]));
    }

    [Fact]
    public void No_project_escapes_these_rules()
    {
        var projects = Directory.GetDirectories(Repository.Root, "PubSub.*")
            .Where(directory => Directory.GetFiles(directory, "*.csproj").Length > 0)
            .Select(directory => Path.GetFileName(directory)!);
        string[] anythingGoes = ["PubSub.AppHost", "PubSub.Bench", "PubSub.Tests"];

        Assert.DoesNotContain(
            projects,
            name => !MayReference.ContainsKey(name) && !anythingGoes.Contains(name)
                && !name.StartsWith("PubSub.Tests", StringComparison.Ordinal));
    }

    [Fact]
    public void No_service_references_a_service() =>
        Assert.All(Services, service => Assert.Empty(ProjectReferences(service).Intersect(Services)));

    [Fact]
    public void Only_the_owners_of_keys_know_Redis()
    {
        var users = MayReference.Keys.Where(project => Packages(project).Contains("StackExchange.Redis"));

        Assert.Equal(["PubSub.BizServer", "PubSub.Controller", "PubSub.PushManager"], users.Order());
    }

    [Fact]
    public void Doors_are_not_called_from_inside()
    {
        var offenders = SourceFiles(Services)
            .Where(file => !file.Contains("/Doors/", StringComparison.Ordinal) && !IsWiring(file))
            .Where(file => UsesDoors().IsMatch(File.ReadAllText(file)));

        Assert.Empty(offenders);
    }

    [Fact]
    public void No_source_file_grows_past_400_lines()
    {
        var long_ = SourceFiles(Directory.GetDirectories(Repository.Root, "PubSub.*").Select(Path.GetFileName)!)
            .Select(file => (file, lines: File.ReadLines(file).Count()))
            .Where(entry => entry.lines > 400);

        Assert.Empty(long_);
    }

    [Fact]
    public void Every_program_is_a_table_of_contents() =>
        Assert.All(Services, service =>
            Assert.InRange(File.ReadLines(Path.Combine(Repository.Root, service, "Program.cs")).Count(), 3, 40));

    [GeneratedRegex(@"^using PubSub\.\w+\.Doors;", RegexOptions.Multiline)]
    private static partial Regex UsesDoors();

    /// <summary>What lies in a project's own folder puts the capabilities together, so it knows the doors too.</summary>
    private static bool IsWiring(string file) => Path.GetDirectoryName(Path.GetDirectoryName(file)) == Repository.Root;

    private static IEnumerable<string> SourceFiles(IEnumerable<string> projects) =>
        projects
            .SelectMany(project => Directory.EnumerateFiles(Path.Combine(Repository.Root, project), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static List<string> ProjectReferences(string project) =>
        [.. Items(project, "ProjectReference").Select(include => Path.GetFileNameWithoutExtension(include))];

    private static List<string> Packages(string project) => [.. Items(project, "PackageReference")];

    private static IEnumerable<string> Items(string project, string kind) =>
        XDocument.Load(Path.Combine(Repository.Root, project, project + ".csproj"))
            .Descendants(kind)
            .Select(item => item.Attribute("Include")!.Value);
}
