using System.Diagnostics.CodeAnalysis;

namespace PubSub.PushManager;

/// <summary>What holds for rooms by the start of their ids, as <c>game-=off; chat-=messages:5000</c>; the longest start counts.</summary>
internal sealed class PrefixRules<T>
    where T : struct
{
    private readonly (string Start, T Rule)[] _rules;

    private PrefixRules(IEnumerable<(string Start, T Rule)> rules) => _rules = [.. rules.OrderByDescending(rule => rule.Start.Length)];

    /// <summary>What is wrong with the text, or null.</summary>
    /// <param name="text">The rules, with semicolons between them.</param>
    /// <param name="read">What stands behind an equals sign; null where it says nothing.</param>
    /// <param name="choices">What may stand there, for whoever wrote something else.</param>
    /// <param name="rules">The rules; none where something is wrong.</param>
    public static string? Parse(string text, Func<string, T?> read, string choices, out PrefixRules<T> rules)
    {
        var parsed = new List<(string, T)>();
        rules = new PrefixRules<T>([]);
        foreach (var entry in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = entry.LastIndexOf('=');
            if (equals <= 0 || read(entry[(equals + 1)..].Trim()) is not { } rule)
                return $"'{entry}' is no rule. Write the start of the rooms' ids, '=', and {choices}.";
            parsed.Add((entry[..equals].TrimEnd(), rule));
        }

        rules = new PrefixRules<T>(parsed);
        return null;
    }

    public bool TryFind(string roomId, [MaybeNullWhen(false)] out T rule)
    {
        foreach (var (start, found) in _rules)
        {
            if (!roomId.StartsWith(start, StringComparison.Ordinal))
                continue;
            rule = found;
            return true;
        }

        rule = default;
        return false;
    }
}
