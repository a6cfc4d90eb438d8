using System.Diagnostics;
using PubSub.LocalTools;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Grpc.Peers;

/// <summary>@grpc/grpc-js on Node, installed by npm at the versions of the lock file.</summary>
public sealed class NodePeer : InteropPeer
{
    // It reads compressed messages, but has no way to send them.
    internal override bool CompressesAnswers => false;

    private protected override async Task<ProcessStartInfo> DescribeAsync()
    {
        var node = await LocalTool.NodeJs.LocateAsync();
        var modules = await NpmModules.InstalledAsync("grpc-peer", Path.Combine(SourceFolder, "node"));
        var start = node.StartInfo(Path.Combine(SourceFolder, "node", "peer.js"));
        start.Environment["NODE_PATH"] = modules;
        return start;
    }
}

[CollectionDefinition(Name)]
public sealed class NodePeers : ICollectionFixture<NodePeer>, ICollectionFixture<Servers.OurServer>
{
    public const string Name = "gRPC with Node";
}
