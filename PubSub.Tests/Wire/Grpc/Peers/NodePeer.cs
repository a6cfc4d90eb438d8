using System.Diagnostics;
using System.Security.Cryptography;
using PubSub.LocalTools;

namespace PubSub.Tests.Wire.Grpc.Peers;

/// <summary>@grpc/grpc-js on Node, installed by npm at the versions of the lock file.</summary>
public sealed class NodePeer : InteropPeer
{
    private static readonly TimeSpan InstallPatience = TimeSpan.FromMinutes(3);

    // It reads compressed messages, but has no way to send them.
    internal override bool CompressesAnswers => false;

    private protected override async Task<ProcessStartInfo> DescribeAsync()
    {
        var node = await LocalTool.NodeJs.LocateAsync();
        var modules = await InstalledModulesAsync();
        var start = node.StartInfo(Path.Combine(SourceFolder, "node", "peer.js"));
        start.Environment["NODE_PATH"] = modules;
        return start;
    }

    /// <summary>A node_modules folder in the cache, one for each state of the lock file.</summary>
    private static async Task<string> InstalledModulesAsync()
    {
        string[] manifest = ["package.json", "package-lock.json"];
        var source = Path.Combine(SourceFolder, "node");
        var content = manifest.SelectMany(file => File.ReadAllBytes(Path.Combine(source, file))).ToArray();
        var key = Convert.ToHexStringLower(SHA256.HashData(content))[..16];
        var cache = new ToolCache(ToolCache.DefaultFolder());
        var tree = Path.Combine(cache.Folder, "npm", $"grpc-peer-{key}");

        if (!Directory.Exists(tree))
        {
            var npm = await LocalTool.Npm.LocateAsync();
            using var held = await cache.LockAsync(StandardErrorProgress.Instance, CancellationToken.None);
            if (!Directory.Exists(tree))
                await ToolCache.FillAsync(tree, folder => InstallAsync(npm, source, manifest, folder));
        }

        return Path.Combine(tree, "node_modules");
    }

    private static async Task InstallAsync(ToolCommand npm, string source, string[] manifest, string folder)
    {
        foreach (var file in manifest)
            File.Copy(Path.Combine(source, file), Path.Combine(folder, file));

        StandardErrorProgress.Instance.Report("Installing @grpc/grpc-js for the interop tests with npm");
        var start = npm.StartInfo("ci", "--ignore-scripts", "--no-audit", "--no-fund");
        start.WorkingDirectory = folder;
        using var patience = new CancellationTokenSource(InstallPatience);
        var run = await ProgramRun.OfAsync(start, patience.Token);
        if (!run.Succeeded)
            throw new InvalidOperationException($"npm could not install the gRPC peer: {run.Complaint}. Check its registry setting.");
    }
}

[CollectionDefinition(Name)]
public sealed class NodePeers : ICollectionFixture<NodePeer>, ICollectionFixture<Servers.OurServer>
{
    public const string Name = "gRPC with Node";
}
