using System.Buffers;
using System.IO.Compression;
using PubSub.Protocol.Frames;
using PubSub.Protocol.Outcomes;

namespace PubSub.ConnectNode.Sockets.Deflate;

/// <summary>
/// Inflates a client's message, never further than a message may be long, whatever it promises. Each message stands alone
/// (RFC 7692, 7.1.1.2), so nothing is kept between two.
/// </summary>
internal static class MessageInflater
{
    private const int FirstSize = 512;

    /// <summary>RFC 7692, 7.2.2, and behind it an empty final block: a message that is not whole does not come to its end.</summary>
    private static readonly byte[] Ending = [0x00, 0x00, 0xff, 0xff, 0x03, 0x00];

    /// <summary>A deflated message that may not be longer than this when it is inflated can have so many bytes at most.</summary>
    public static int MostDeflated(int maxBytes) => maxBytes + (maxBytes / 8) + 64;

    /// <summary>The inflated message in an array of the shared pool, which is the caller's.</summary>
    public static byte[] Inflate(ReadOnlyMemory<byte> deflated, int maxBytes, out int length)
    {
        var output = ArrayPool<byte>.Shared.Rent(Math.Min(maxBytes + 1, Math.Max(FirstSize, 4 * deflated.Length)));
        length = 0;
        var isGood = false;
        try
        {
            using var input = new MessageStream(deflated);
            using var inflating = new DeflateStream(input, CompressionMode.Decompress);
            while (inflating.Read(output, length, output.Length - length) is > 0 and var more)
            {
                length += more;
                if (length > maxBytes)
                    throw new ProtocolViolationException(DisconnectReason.TooLarge, $"A message may have {maxBytes} bytes when it is inflated.");
                if (length == output.Length)
                    Grow(ref output, length, maxBytes);
            }

            isGood = !input.WasAskedForMore;
        }
        catch (InvalidDataException)
        {
            // Told below.
        }
        finally
        {
            if (!isGood)
                ArrayPool<byte>.Shared.Return(output);
        }

        return isGood ? output : throw new ProtocolViolationException(DisconnectReason.InvalidText, "A message cannot be inflated (RFC 7692).");
    }

    private static void Grow(ref byte[] output, int length, int maxBytes)
    {
        // One byte more than may come shows that more does.
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(maxBytes + 1L, 2L * length));
        output.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(output);
        output = larger;
    }

    private sealed class MessageStream(ReadOnlyMemory<byte> deflated) : Stream
    {
        private int _at;

        /// <summary>The data did not end where the message did.</summary>
        public bool WasAskedForMore { get; private set; }

        public override bool CanRead => true;

        public override bool CanWrite => false;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var rest = _at < deflated.Length ? deflated.Span[_at..] : Ending.AsSpan(_at - deflated.Length);
            WasAskedForMore |= rest.IsEmpty;
            rest = rest[..Math.Min(rest.Length, buffer.Length)];
            rest.CopyTo(buffer);
            _at += rest.Length;
            return rest.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
