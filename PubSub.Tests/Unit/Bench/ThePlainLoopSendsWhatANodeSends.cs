using System.Text;
using PubSub.Bench.Publishing;
using PubSub.Bench.Servers;
using PubSub.ConnectNode.Delivery;
using PubSub.Protocol.Frames;

namespace PubSub.Tests.Unit.Bench;

public sealed class ThePlainLoopSendsWhatANodeSends
{
    [Theory]
    [InlineData(32)]
    [InlineData(128)]
    [InlineData(1024)]
    public void A_frame_has_the_text_and_the_length_of_the_nodes(int size)
    {
        var text = new string('7', size);
        var nodes = Fanout.Encode(
            FrameCodec.Json, [LinkPublisher.MessageOf(LinkPublisher.Room(0), new Outgoing(0, 4321, text), LinkPublisher.NewEpoch(), "")]);

        var plain = new PlainFrame().Of(Encoding.ASCII.GetBytes(text));

        Assert.Equal(nodes.Length, plain.Length);
        Assert.Contains($"\"data\":\"{text}\"", Encoding.ASCII.GetString(plain), StringComparison.Ordinal);
        nodes.Release();
    }
}
