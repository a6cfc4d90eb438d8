namespace PubSub.LocalTools;

/// <summary>Programs by name: PATH, and the folders for daemons, which a user's PATH often lacks.</summary>
internal static class SearchPath
{
    private static readonly string[] Daemons = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

    public static string? Find(string program) => FindAll(program).FirstOrDefault();

    public static IEnumerable<string> FindAll(string program)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(OperatingSystem.IsWindows() ? [] : Daemons)
            .Distinct();
        string[] names = OperatingSystem.IsWindows() ? [$"{program}.exe", $"{program}.cmd"] : [program];
        return from folder in folders
               from name in names
               let file = Path.Combine(folder, name)
               where IsProgram(file)
               select file;
    }

    private static bool IsProgram(string file)
    {
        const UnixFileMode anyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & anyExecute) != 0);
    }
}
