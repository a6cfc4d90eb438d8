using System.Diagnostics;
using PubSub.LocalTools;

namespace PubSub.Tests.Wire.Grpc.Peers;

/// <summary>Debian's python3-grpcio: gRPC's C core.</summary>
public sealed class PythonPeer : InteropPeer
{
    private protected override async Task<ProcessStartInfo> DescribeAsync()
    {
        var python = await LocalTool.Python3WithGrpc.LocateAsync();
        var start = python.StartInfo("-B", Path.Combine(SourceFolder, "python", "peer.py"));
        start.Environment["PYTHONUTF8"] = "1";
        return start;
    }
}

[CollectionDefinition(Name)]
public sealed class PythonPeers : ICollectionFixture<PythonPeer>, ICollectionFixture<Servers.OurServer>
{
    public const string Name = "gRPC with Python";
}
