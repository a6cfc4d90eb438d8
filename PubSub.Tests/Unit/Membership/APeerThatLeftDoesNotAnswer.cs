using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using PubSub.Membership.Peers;
using PubSub.Protocol;

namespace PubSub.Tests.Unit.Membership;

public sealed class APeerThatLeftDoesNotAnswer
{
    [Fact]
    public async Task A_call_to_it_is_UNAVAILABLE_like_a_call_to_one_that_is_away()
    {
        var peer = new Peer<ControllerService.ControllerServiceClient>(
            "controller-1", new Uri("http://127.0.0.1:1"), invoker => new ControllerService.ControllerServiceClient(invoker),
            NullLoggerFactory.Instance);
        peer.Dispose();

        var failure = await Assert.ThrowsAsync<RpcException>(
            async () => await peer.Client.GetUserNodeAsync(new GetUserNodeRequest { UserId = "alice" }));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }
}
