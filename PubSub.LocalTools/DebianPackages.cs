using System.Diagnostics;

namespace PubSub.LocalTools;

/// <summary>
/// Unpacks packages of the distribution into a folder, as any user. apt works on state and cache directories of ours
/// and is told that nothing is installed; so it names all that a package needs, however the machine is set up, and we
/// leave out what the machine has. Signatures and hashes are checked by apt as always.
/// </summary>
internal sealed class DebianPackages(string folder, IProgress<string> progress)
{
    private static readonly TimeSpan ListsStayFresh = TimeSpan.FromHours(12);

    // The machine's own loader goes with the machine's own C library: a second one beside it crashes.
    private static readonly string[] NeverUnpacked = ["libc6", "libc-bin"];

    public static bool Supported => OperatingSystem.IsLinux() && Has("apt-get") && Has("dpkg-deb") && Has("dpkg-query");

    private string Lists => Path.Combine(folder, "state", "lists");

    /// <summary>Unpacks the packages, and of their dependencies those that are not installed.</summary>
    public async Task UnpackAsync(IReadOnlyList<string> packages, string target, CancellationToken cancellationToken)
    {
        await UpdateListsAsync(force: false, cancellationToken);
        var archives = Directory.CreateTempSubdirectory("pubsub-packages-").FullName;
        try
        {
            if (await DownloadAsync(packages, archives, cancellationToken) is { Length: > 0 })
            {
                // Lists that are hours old can name versions which the mirror has replaced meanwhile.
                await UpdateListsAsync(force: true, cancellationToken);
                if (await DownloadAsync(packages, archives, cancellationToken) is { Length: > 0 } complaint)
                    throw new PackageException(complaint);
            }

            foreach (var archive in Directory.EnumerateFiles(archives, "*.deb"))
            {
                var unpack = await RunAsync("dpkg-deb", ["-x", archive, target], archives, cancellationToken);
                if (!unpack.Succeeded)
                    throw new PackageException($"{Path.GetFileName(archive)} could not be unpacked: {unpack.Complaint}");
            }
        }
        finally
        {
            Directory.Delete(archives, recursive: true);
        }
    }

    private async Task UpdateListsAsync(bool force, CancellationToken cancellationToken)
    {
        var stamp = Path.Combine(folder, "updated");
        if (!force && File.Exists(stamp) && DateTimeOffset.UtcNow - File.GetLastWriteTimeUtc(stamp) < ListsStayFresh)
            return;

        Directory.CreateDirectory(Path.Combine(Lists, "partial"));
        Directory.CreateDirectory(Path.Combine(folder, "cache", "archives", "partial"));
        await File.WriteAllTextAsync(Path.Combine(folder, "nothing-installed"), "", cancellationToken);

        progress.Report("Reading the distribution's package lists ...");
        var update = await AptAsync(["update"], folder, cancellationToken);
        // One broken third-party source makes apt fail although the lists we need are there.
        if (!Directory.EnumerateFiles(Lists, "*Packages*").Any())
            throw new PackageException($"apt-get update brought no package lists: {update.Complaint}");
        await File.WriteAllTextAsync(stamp, "", cancellationToken);
    }

    /// <returns>What went wrong, or nothing.</returns>
    private async Task<string> DownloadAsync(IReadOnlyList<string> packages, string archives, CancellationToken cancellationToken)
    {
        var resolve = await AptAsync(
            ["install", "--print-uris", "-qq", "-y", "--no-install-recommends", .. packages], archives, cancellationToken);
        if (!resolve.Succeeded)
            return resolve.Complaint;

        var installed = await InstalledAsync(cancellationToken);
        var wanted = PackagesOf(resolve.Output)
            .Where(name => packages.Contains(name) || !installed.Contains(name))
            .Except(NeverUnpacked);
        var download = await AptAsync(["download", .. wanted], archives, cancellationToken);
        return download.Succeeded ? "" : download.Complaint;
    }

    // Lines look like: 'http://host/path' name_version_architecture.deb size hash
    private static IEnumerable<string> PackagesOf(string printedUris) =>
        from line in printedUris.Split('\n')
        let fields = line.Split(' ')
        where fields is [['\'', ..], var file, ..] && file.EndsWith(".deb", StringComparison.Ordinal)
        select fields[1][..fields[1].IndexOf('_', StringComparison.Ordinal)];

    private static async Task<HashSet<string>> InstalledAsync(CancellationToken cancellationToken)
    {
        var query = await RunAsync(
            "dpkg-query", ["-W", "-f", "${db:Status-Status} ${Package}\n"], "/", cancellationToken);
        return [.. query.Output.Split('\n')
            .Where(line => line.StartsWith("installed ", StringComparison.Ordinal))
            .Select(line => line["installed ".Length..])];
    }

    private Task<ProgramRun> AptAsync(IEnumerable<string> arguments, string workingDirectory, CancellationToken cancellationToken)
    {
        string[] options =
        [
            "-o", $"Dir::State={folder}/state",
            "-o", $"Dir::State::Lists={Lists}",
            "-o", $"Dir::State::status={folder}/nothing-installed",
            "-o", $"Dir::Cache={folder}/cache",
            "-o", "Debug::NoLocking=1",
            // Root would hand downloads to the user _apt, who may not write here; we are not installing anything.
            "-o", "APT::Sandbox::User=root",
            "-o", "Acquire::Languages=none",
            "-o", "Acquire::Retries=3",
            "-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
        ];
        return RunAsync("apt-get", [.. options, .. arguments], workingDirectory, cancellationToken);
    }

    private static Task<ProgramRun> RunAsync(
        string program, IEnumerable<string> arguments, string workingDirectory, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = workingDirectory };
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        return ProgramRun.OfAsync(start, cancellationToken);
    }

    private static bool Has(string program) => SearchPath.Find(program) is not null;
}
