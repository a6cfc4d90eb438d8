using System.Security.Cryptography;
using PubSub.LocalTools;

namespace PubSub.Tests.Infrastructure;

/// <summary>Packages that npm installs at the versions of a lock file, once for each state of that file.</summary>
internal static class NpmModules
{
    private static readonly TimeSpan InstallPatience = TimeSpan.FromMinutes(3);
    private static readonly string[] Manifest = ["package.json", "package-lock.json"];

    /// <returns>A node_modules folder in the cache.</returns>
    public static async Task<string> InstalledAsync(string name, string source)
    {
        var content = Manifest.SelectMany(file => File.ReadAllBytes(Path.Combine(source, file))).ToArray();
        var key = Convert.ToHexStringLower(SHA256.HashData(content))[..16];
        var cache = new ToolCache(ToolCache.DefaultFolder());
        var tree = Path.Combine(cache.Folder, "npm", $"{name}-{key}");

        if (!Directory.Exists(tree))
        {
            var npm = await LocalTool.Npm.LocateAsync();
            using var held = await cache.LockAsync(StandardErrorProgress.Instance, CancellationToken.None);
            if (!Directory.Exists(tree))
                await ToolCache.FillAsync(tree, folder => InstallAsync(npm, name, source, folder));
        }

        return Path.Combine(tree, "node_modules");
    }

    private static async Task InstallAsync(ToolCommand npm, string name, string source, string folder)
    {
        foreach (var file in Manifest)
            File.Copy(Path.Combine(source, file), Path.Combine(folder, file));

        StandardErrorProgress.Instance.Report($"Installing the packages of {name} with npm");
        var start = npm.StartInfo("ci", "--ignore-scripts", "--no-audit", "--no-fund");
        start.WorkingDirectory = folder;
        using var patience = new CancellationTokenSource(InstallPatience);
        var run = await ProgramRun.OfAsync(start, patience.Token);
        if (!run.Succeeded)
            throw new InvalidOperationException($"npm could not install {name}: {run.Complaint}. Check its registry setting.");
    }
}
