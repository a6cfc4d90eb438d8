using PubSub.Tests.Wire.Grpc.Cases;
using PubSub.Tests.Wire.Grpc.Peers;
using PubSub.Tests.Wire.Grpc.Servers;

namespace PubSub.Tests.Wire.Grpc;

public sealed class OurClientMeetsOurServer(OurServer server) : InteropCases(server), IClassFixture<OurServer>;

public sealed class OurClientAndOurServerAgree(OurServer server) : WireCases(server), IClassFixture<OurServer>;

[Collection(PythonPeers.Name)]
public sealed class OurClientMeetsAPythonServer(PythonPeer server) : InteropCases(server);

[Collection(PythonPeers.Name)]
public sealed class OurClientAndAPythonServerAgree(PythonPeer server) : WireCases(server);

[Collection(NodePeers.Name)]
public sealed class OurClientMeetsANodeServer(NodePeer server) : InteropCases(server);

[Collection(NodePeers.Name)]
public sealed class OurClientAndANodeServerAgree(NodePeer server) : WireCases(server);
