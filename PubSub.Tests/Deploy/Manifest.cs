using YamlDotNet.RepresentationModel;

namespace PubSub.Tests.Deploy;

/// <summary>The documents of deploy/kubernetes, and short ways into them.</summary>
internal static class Manifest
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy", "kubernetes");

    /// <summary>All documents of a folder and those below it.</summary>
    public static IReadOnlyList<YamlNode> Documents(string folder = "") =>
    [
        .. Directory.GetFiles(Path.Combine(Folder, folder), "*.yaml", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).SelectMany(Load),
    ];

    /// <summary>The files that a kustomization names as resources, without the ending.</summary>
    public static IReadOnlyList<string> Resources(string folder) =>
        [.. Load(Path.Combine(Folder, folder, "kustomization.yaml")).Single().List("resources").Select(Text)];

    public static IReadOnlyList<string> Entries(string folder) =>
    [
        .. Directory.GetFileSystemEntries(Path.Combine(Folder, folder))
            .Select(path => Path.GetFileName(path)).Where(name => name != "kustomization.yaml").Order(StringComparer.Ordinal),
    ];

    /// <summary>The one document of a kind and name.</summary>
    public static YamlNode The(string kind, string name) =>
        Documents().Single(document => document.Text("kind") == kind && document.Text("metadata", "name") == name);

    public static YamlNode? At(this YamlNode node, params string[] path)
    {
        var at = node;
        foreach (var key in path)
        {
            if (at is not YamlMappingNode map || !map.Children.TryGetValue(new YamlScalarNode(key), out var next))
                return null;
            at = next;
        }

        return at;
    }

    public static string Text(this YamlNode node) => ((YamlScalarNode)node).Value ?? "";

    public static string? Text(this YamlNode node, params string[] path) => node.At(path)?.Text();

    public static IReadOnlyList<YamlNode> List(this YamlNode node, params string[] path) =>
        node.At(path) is YamlSequenceNode list ? [.. list.Children] : [];

    public static IReadOnlyDictionary<string, string> Map(this YamlNode node, params string[] path) =>
        node.At(path) is YamlMappingNode map ? map.Children.ToDictionary(one => one.Key.Text(), one => one.Value.Text()) : [];

    private static IEnumerable<YamlNode> Load(string file)
    {
        using var reader = new StreamReader(file);
        var stream = new YamlStream();
        stream.Load(reader);
        return [.. stream.Documents.Select(document => document.RootNode)];
    }
}
