namespace Aspire.Hosting.Orchestration;

/// <summary>
/// A folder that goes with its run. A run that was killed cannot remove its own, so each run removes those that nobody
/// holds any more: the holder has a file in it locked, and the kernel drops that lock however the holder ends.
/// </summary>
internal sealed class PassingFolder : IDisposable
{
    private const string Prefix = "apphost-";
    private const string LockName = ".lock";

    private readonly FileStream _lock;

    private PassingFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    public static PassingFolder Create(string parent)
    {
        while (true)
        {
            var path = Directory.CreateDirectory(System.IO.Path.Combine(parent, Prefix + Guid.NewGuid().ToString("N")[..12])).FullName;
            // Null when another run took it for abandoned in the moment between these two lines.
            if (TryLock(path, FileMode.OpenOrCreate) is { } held)
                return new PassingFolder(path, held);
        }
    }

    /// <summary>A folder without the file is let alone: it is not one of ours, or is being made.</summary>
    public static void RemoveAbandoned(string parent)
    {
        foreach (var path in Directory.EnumerateDirectories(parent, Prefix + "*"))
        {
            using var held = TryLock(path, FileMode.Open);
            if (held is not null)
                Remove(path);
        }
    }

    public void Dispose()
    {
        Remove(Path);
        _lock.Dispose();
    }

    private static FileStream? TryLock(string folder, FileMode mode)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(folder, LockName), mode, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A process of the killed run still writes into it, or it is somebody else's; a later run tries again.
        }
    }
}
