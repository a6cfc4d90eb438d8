using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;

namespace PubSub.Tests.Unit.Protocol.Frames;

public sealed class ANodeMayBeNewerThanItsClients
{
    [Fact]
    public void A_frame_of_an_unknown_type_says_nothing()
    {
        var frame = FrameCodec.Json.DecodeServer("""{"type":"weather","payload":{"sun":[1,{"deep":true}]},"id":"5"}"""u8);

        Assert.Equal((ServerEnvelope.PayloadOneofCase.None, "5"), (frame.PayloadCase, frame.Id));
    }

    [Fact]
    public void Nor_does_one_in_Protobuf()
    {
        // Field 99, a length of one, a zero.
        var frame = FrameCodec.Protobuf.DecodeServer([0x9A, 0x06, 0x01, 0x00]);

        Assert.Equal(ServerEnvelope.PayloadOneofCase.None, frame.PayloadCase);
    }
}
