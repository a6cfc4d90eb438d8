namespace PubSub.LocalTools;

/// <summary>
/// The folder that keeps unpacked programs from run to run. Trees are made aside and renamed into place, so whatever
/// exists is whole; a lock file keeps a second process waiting instead of fetching the same again.
/// </summary>
internal sealed class ToolCache(string folder)
{
    private const int TellAfter = 10;

    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(200);

    public string Folder { get; } = folder;

    /// <summary>PUBSUB_CACHE, else the user's cache folder.</summary>
    public static string DefaultFolder()
    {
        if (Environment.GetEnvironmentVariable("PUBSUB_CACHE") is { Length: > 0 } chosen)
            return Path.GetFullPath(chosen);
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } caches)
            return Path.Combine(Path.GetFullPath(caches), "pubsub");

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0
            ? Path.Combine(home, ".cache", "pubsub")
            : Path.Combine(Path.GetTempPath(), $"pubsub-cache-{Environment.UserName}");
    }

    /// <summary>The place of a tool's tree. Another release of the distribution gets another one: its libraries differ.</summary>
    public string TreeOf(LocalTool tool) => Path.Combine(Folder, "tools", Distribution.Key, string.Join('+', tool.Packages));

    /// <summary>Runs <paramref name="fill"/> on an empty folder and, when it succeeds, makes that the tree.</summary>
    public static async Task FillAsync(string tree, Func<string, Task> fill)
    {
        var aside = $"{tree}.{Guid.NewGuid():N}";
        Directory.CreateDirectory(aside);
        try
        {
            await fill(aside);
            if (Directory.Exists(tree))
                Directory.Delete(tree, recursive: true);
            Directory.Move(aside, tree);
        }
        finally
        {
            if (Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
        }
    }

    /// <summary>Holds the cache against other processes of this user until the result is disposed.</summary>
    public async Task<IDisposable> LockAsync(IProgress<string> progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder);
        var file = Path.Combine(Folder, "lock");
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
            {
                if (attempt == TellAfter)
                    progress.Report($"Waiting for another process that is filling {Folder} ...");
                await Task.Delay(LockPoll, TimeProvider.System, cancellationToken);
            }
        }
    }
}
