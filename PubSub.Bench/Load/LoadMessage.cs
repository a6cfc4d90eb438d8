using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PubSub.Bench.Load;

/// <summary>
/// What is pushed: text that any server passes on untouched. It carries its place in its stream (for the order), its
/// number among all (for "has everybody got it?") and the moment when it was due (for the latency).
/// </summary>
internal readonly record struct LoadMessage(uint Sequence, uint Number, long SentAt)
{
    public const int Header = 8 + 8 + 16;

    /// <summary>Latency counts from when the message was due, so that a late generator does not flatter the server.</summary>
    public static string Text(uint sequence, uint number, long dueAt, int size, string filler)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{sequence:x8}{number:x8}{dueAt:x16}");
        if (filler.Length == 0)
            return text.PadRight(size, 'x');
        var from = (int)(sequence * 997 % (uint)Math.Max(1, filler.Length - size));
        return string.Concat(text, filler.AsSpan(from, Math.Max(0, size - text.Length)));
    }

    public static bool TryRead(ReadOnlySpan<byte> text, out LoadMessage message)
    {
        message = default;
        if (text.Length < Header
            || !Utf8Parser.TryParse(text[..8], out uint sequence, out _, 'x')
            || !Utf8Parser.TryParse(text[8..16], out uint number, out _, 'x')
            || !Utf8Parser.TryParse(text[16..32], out long sentAt, out _, 'x'))
        {
            return false;
        }

        message = new LoadMessage(sequence, number, sentAt);
        return true;
    }

    public static TimeSpan Age(long sentAt, long now) => Stopwatch.GetElapsedTime(sentAt, now);

    public static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
