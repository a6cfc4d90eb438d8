using System.Text;
using PubSub.Bench.Publishing;
using PubSub.ConnectNode.Delivery;
using PubSub.Protocol.Frames;

namespace PubSub.Bench.Servers;

/// <summary>
/// The node's own frame of a message (id, epoch, offset and all), into which only the text is put: so a send of the plain
/// loop has the length of a send of the node, but for the digits of the offset.
/// </summary>
internal sealed class PlainFrame
{
    private const uint SomeOffset = 1000;

    private (byte[] Frame, int TextAt) _last = ([], 0);
    private int _textLength = -1;

    /// <summary>Good until the next one is asked for.</summary>
    public byte[] Of(ReadOnlySpan<byte> text)
    {
        if (text.Length != _textLength)
            (_last, _textLength) = (Frame(text.Length), text.Length);
        text.CopyTo(_last.Frame.AsSpan(_last.TextAt));
        return _last.Frame;
    }

    private static (byte[] Frame, int TextAt) Frame(int textLength)
    {
        var text = new string('x', textLength);
        var message = LinkPublisher.MessageOf(LinkPublisher.Room(0), new Outgoing(0, SomeOffset, text), LinkPublisher.NewEpoch(), "");
        var encoded = Fanout.Encode(FrameCodec.Json, [message]);
        try
        {
            var frame = encoded.Span.ToArray();
            return (frame, frame.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)));
        }
        finally
        {
            encoded.Release();
        }
    }
}
