using System.Collections.Concurrent;
using System.ComponentModel;

namespace PubSub.LocalTools;

/// <summary>
/// Finds programs, in this order: the tool's environment variable, PATH and the usual folders, a NuGet package that has
/// it, the cache, and on Debian and Ubuntu the distribution's package, unpacked into the cache without root. Each find
/// has to run once before it is handed out, so a half-installed program is passed over.
/// </summary>
public sealed class ToolLocator
{
    private readonly ConcurrentDictionary<LocalTool, ToolCommand> _found = new();
    private readonly ToolCache _cache;
    private readonly bool _useInstalled;

    /// <param name="cacheFolder">Where unpacked programs are kept; PUBSUB_CACHE or the user's cache folder if not given.</param>
    /// <param name="useInstalled">False: as if the machine had nothing installed (and no tool's variable were set).</param>
    public ToolLocator(string? cacheFolder = null, bool useInstalled = true)
    {
        _cache = new ToolCache(cacheFolder ?? ToolCache.DefaultFolder());
        _useInstalled = useInstalled;
    }

    public static ToolLocator Default { get; } = new();

    /// <param name="tool">The program wanted.</param>
    /// <param name="progress">Hears about slow steps; standard error unless given.</param>
    /// <param name="cancellationToken">Ends the search and a download.</param>
    /// <exception cref="LocalToolMissingException">There is no way to it; the message says what to do.</exception>
    public async Task<ToolCommand> LocateAsync(
        LocalTool tool, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tool);
        if (_found.TryGetValue(tool, out var known))
            return known;

        var command = await FindInstalledAsync(tool, cancellationToken)
            ?? await FindInNuGetPackageAsync(tool, cancellationToken)
            ?? await FindUnpackedAsync(tool, cancellationToken)
            ?? await FetchAsync(tool, progress ?? StandardErrorProgress.Instance, cancellationToken);
        return _found.GetOrAdd(tool, command);
    }

    private async Task<ToolCommand?> FindInstalledAsync(LocalTool tool, CancellationToken cancellationToken)
    {
        if (!_useInstalled)
            return null;

        if (Environment.GetEnvironmentVariable(tool.Variable) is { Length: > 0 } chosen)
        {
            var command = ToolCommand.Installed(chosen, tool.Variable);
            var fault = await FaultOfAsync(tool, command, cancellationToken);
            return fault is null ? command
                : throw new LocalToolMissingException(tool, $"{tool.Variable} names {chosen}, but {fault}.");
        }

        foreach (var file in new[] { tool.Name }.Concat(tool.OtherNames).SelectMany(SearchPath.FindAll))
        {
            var command = ToolCommand.Installed(file, "installed");
            if (await FaultOfAsync(tool, command, cancellationToken) is null)
                return command;
        }

        return null;
    }

    private static async Task<ToolCommand?> FindInNuGetPackageAsync(LocalTool tool, CancellationToken cancellationToken)
    {
        if (tool.InNuGetPackage is not { } place || NuGetPackages.Find(place.Package, place.File) is not { } file)
            return null;

        var command = ToolCommand.Installed(file, place.Package);
        return await FaultOfAsync(tool, command, cancellationToken) is null ? command : null;
    }

    private async Task<ToolCommand?> FindUnpackedAsync(LocalTool tool, CancellationToken cancellationToken)
    {
        var tree = _cache.TreeOf(tool);
        return Directory.Exists(tree) ? (await TryUnpackedAsync(tool, tree, cancellationToken)).Command : null;
    }

    private async Task<ToolCommand> FetchAsync(LocalTool tool, IProgress<string> progress, CancellationToken cancellationToken)
    {
        if (tool.Unpacked.Count == 0)
            throw new LocalToolMissingException(tool, $"it is not installed, and no restored NuGet package has it ({tool.InNuGetPackage?.Package}).");
        if (!DebianPackages.Supported)
            throw new LocalToolMissingException(tool, "it is not installed, and there is no apt-get and dpkg-deb here to fetch it with.");

        using var held = await HoldCacheAsync(tool, progress, cancellationToken);
        // Another process may have fetched it while this one waited for the lock.
        if (await FindUnpackedAsync(tool, cancellationToken) is { } theirs)
            return theirs;

        progress.Report($"Fetching {tool.Description} from the distribution (once, into {_cache.Folder}) ...");
        var tree = _cache.TreeOf(tool);
        var packages = new DebianPackages(Path.Combine(_cache.Folder, "apt", Distribution.Key), progress);
        try
        {
            await ToolCache.FillAsync(tree, target => packages.UnpackAsync(tool.Packages, target, cancellationToken));
        }
        catch (Exception e) when (e is PackageException or IOException or UnauthorizedAccessException)
        {
            throw new LocalToolMissingException(tool, $"it is not installed, and fetching it failed: {e.Message}");
        }

        var (command, fault) = await TryUnpackedAsync(tool, tree, cancellationToken);
        return command ?? throw new LocalToolMissingException(tool, $"the distribution's package was unpacked into {tree}, but {fault}.");
    }

    private async Task<IDisposable> HoldCacheAsync(
        LocalTool tool, IProgress<string> progress, CancellationToken cancellationToken)
    {
        try
        {
            return await _cache.LockAsync(progress, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LocalToolMissingException(
                tool, $"it is not installed, and the cache folder cannot be written (PUBSUB_CACHE chooses another): {e.Message}");
        }
    }

    private async Task<(ToolCommand? Command, string Fault)> TryUnpackedAsync(
        LocalTool tool, string tree, CancellationToken cancellationToken)
    {
        var fault = "it holds no such program";
        foreach (var place in tool.Unpacked)
        {
            var file = Path.Combine(tree, place);
            if (!File.Exists(file))
                continue;

            var command = new ToolCommand(file, [], EnvironmentOf(tool, tree, file), "cache");
            if (tool.Interpreter is { } interpreter)
                command = RunBy(await LocateAsync(interpreter, null, cancellationToken), command);
            if (await FaultOfAsync(tool, command, cancellationToken) is not { } found)
                return (command, "");
            fault = found;
        }

        return (null, fault);
    }

    private static ToolCommand RunBy(ToolCommand interpreter, ToolCommand script)
    {
        // Scripts start further ones by the interpreter's name.
        var folder = Path.GetDirectoryName(interpreter.FileName);
        var environment = new Dictionary<string, string>(script.Environment.Concat(interpreter.Environment))
        {
            ["PATH"] = $"{folder}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}",
        };
        return new ToolCommand(interpreter.FileName, [.. interpreter.Arguments, script.FileName], environment, script.Origin);
    }

    private static Dictionary<string, string> EnvironmentOf(LocalTool tool, string tree, string file)
    {
        var environment = new Dictionary<string, string>(tool.Environment(tree));
        if (SharedLibraries.SearchPathOf(tree) is { Length: > 0 } libraries)
        {
            var inherited = Environment.GetEnvironmentVariable("LD_LIBRARY_PATH");
            environment["LD_LIBRARY_PATH"] = string.IsNullOrEmpty(inherited) ? libraries : $"{libraries}:{inherited}";
        }

        // An unpacked Python has its standard library beside it, not where it was built for.
        if (tool == LocalTool.Python3WithGrpc && file.StartsWith(tree, StringComparison.Ordinal))
            environment["PYTHONHOME"] = Path.Combine(tree, "usr");
        return environment;
    }

    /// <returns>Why the program cannot be used, or nothing when it proved itself.</returns>
    private static async Task<string?> FaultOfAsync(LocalTool tool, ToolCommand command, CancellationToken cancellationToken)
    {
        try
        {
            var run = await ProgramRun.OfAsync(command.StartInfo(tool.Check), cancellationToken);
            return run.Succeeded ? null
                : $"'{tool.Name} {string.Join(' ', tool.Check)}' ended with exit code {run.ExitCode}: {run.Complaint}";
        }
        catch (Win32Exception e)
        {
            return $"it does not start: {e.Message}";
        }
    }
}
