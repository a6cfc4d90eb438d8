using System.Collections.Concurrent;

namespace Aspire.Dashboard.Telemetry;

/// <summary>One copy of each short text that comes again and again: names, keys, methods. Full, it stays as it is.</summary>
internal sealed class TextPool
{
    private const int MaxLength = 64;
    private const int MaxTexts = 20_000;

    private readonly ConcurrentDictionary<string, string> _texts = new(StringComparer.Ordinal);
    private int _count;

    public string Shared(string text)
    {
        if (text.Length > MaxLength)
            return text;
        if (_texts.TryGetValue(text, out var known))
            return known;
        if (Volatile.Read(ref _count) >= MaxTexts || !_texts.TryAdd(text, text))
            return text;

        Interlocked.Increment(ref _count);
        return text;
    }
}
