namespace PubSub.LocalTools;

/// <summary>The folders of an unpacked tree that hold shared libraries, for the loader's search path.</summary>
internal static class SharedLibraries
{
    private static readonly string[] Roots = ["usr/lib", "lib"];

    public static string SearchPathOf(string tree)
    {
        var found = Roots
            .Select(root => Path.Combine(tree, root))
            .Where(Directory.Exists)
            .SelectMany(WithSubfolders)
            .Where(folder => Directory.EnumerateFiles(folder, "lib*.so*").Any());
        return string.Join(':', found);
    }

    // usr/lib, usr/lib/x86_64-linux-gnu, usr/lib/x86_64-linux-gnu/pulseaudio: private libraries lie no deeper.
    private static IEnumerable<string> WithSubfolders(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, AttributesToSkip = FileAttributes.ReparsePoint };
        return [folder, .. Directory.EnumerateDirectories(folder, "*", options)];
    }
}
