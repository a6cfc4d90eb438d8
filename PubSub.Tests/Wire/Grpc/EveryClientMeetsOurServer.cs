using PubSub.Tests.Wire.Grpc.Cases;
using PubSub.Tests.Wire.Grpc.Peers;
using PubSub.Tests.Wire.Grpc.Servers;

namespace PubSub.Tests.Wire.Grpc;

[Collection(PythonPeers.Name)]
public sealed class APythonClientMeetsOurServer(PythonPeer client, OurServer server) : PeerClientCases(client, server);

[Collection(NodePeers.Name)]
public sealed class ANodeClientMeetsOurServer(NodePeer client, OurServer server) : PeerClientCases(client, server);
