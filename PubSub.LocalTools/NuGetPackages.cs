namespace PubSub.LocalTools;

/// <summary>The folder where NuGet keeps what was restored.</summary>
internal static class NuGetPackages
{
    /// <returns>The file in the latest restored version of the package that has it, if any.</returns>
    public static string? Find(string package, string file)
    {
        var versions = Path.Combine(Folder(), package);
        if (!Directory.Exists(versions))
            return null;

        return Directory.EnumerateDirectories(versions)
            .OrderByDescending(version => System.Version.TryParse(Path.GetFileName(version), out var number) ? number : null)
            .Select(version => Path.Combine(version, file))
            .FirstOrDefault(File.Exists);
    }

    private static string Folder() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } chosen
            ? chosen
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
