using System.Text.RegularExpressions;

namespace Aspire.Dashboard.Resources;

/// <summary>What a program prints, without what only a terminal understands, and how bad it says it is.</summary>
internal static partial class ConsoleText
{
    private const int MaxLength = 16_384;

    // A level stands near the start of a line, after a time at most.
    private const int WordsLookedAt = 6;

    private static readonly Dictionary<string, string> Levels = new(StringComparer.OrdinalIgnoreCase)
    {
        ["trace"] = "trace",
        ["trce"] = "trace",
        ["verbose"] = "trace",
        ["debug"] = "debug",
        ["dbug"] = "debug",
        ["dbg"] = "debug",
        ["info"] = "info",
        ["information"] = "info",
        ["inf"] = "info",
        ["notice"] = "info",
        ["warn"] = "warn",
        ["warning"] = "warn",
        ["wrn"] = "warn",
        ["error"] = "error",
        ["fail"] = "error",
        ["err"] = "error",
        ["fatal"] = "fatal",
        ["critical"] = "fatal",
        ["crit"] = "fatal",
        ["panic"] = "fatal",
    };

    public static string Clean(string text)
    {
        var plain = Escapes().Replace(text.Length > MaxLength ? string.Concat(text.AsSpan(0, MaxLength), "…") : text, "");
        return plain.AsSpan().ContainsAnyInRange('\0', '\b') ? Controls().Replace(plain, "\ufffd") : plain;
    }

    /// <summary>trace, debug, info, warn, error or fatal; null if the line does not say.</summary>
    public static string? LevelOf(string line)
    {
        if (JsonLevel().Match(line) is { Success: true } json)
            return Levels.GetValueOrDefault(json.Groups[1].Value);
        if (RedisMark().Match(line) is { Success: true } redis)
            return redis.Groups[1].Value switch { "#" => "warn", "." => "debug", _ => "info" };
        if (LetterMark().Match(line) is { Success: true } letter)
            return letter.Groups[1].Value switch { "D" => "debug", "W" => "warn", "E" => "error", "C" => "fatal", _ => "info" };

        return Words().Matches(line).Take(WordsLookedAt)
            .Select(word => Levels.GetValueOrDefault(word.Value))
            .FirstOrDefault(level => level is not null);
    }

    /// <summary>Belongs to the line before: a stack trace, an indented table.</summary>
    public static bool IsContinuation(string line) => line.Length > 0 && char.IsWhiteSpace(line[0]);

    [GeneratedRegex(@"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")]
    private static partial Regex Escapes();

    [GeneratedRegex(@"[\x00-\x08\x0b-\x1f\x7f]")]
    private static partial Regex Controls();

    [GeneratedRegex(@"^\s*\{.{0,200}?""(?:level|loglevel|severity)""\s*:\s*""(\w+)""", RegexOptions.IgnoreCase)]
    private static partial Regex JsonLevel();

    [GeneratedRegex(@"^\d+:[XCSM] \d+ \w+ \d+ [\d:.]+ ([.\-*#]) ")]
    private static partial Regex RedisMark();

    [GeneratedRegex(@"^[\d\-: .]+ ([DINWEC]) \| ")]
    private static partial Regex LetterMark();

    [GeneratedRegex(@"[A-Za-z]+(?=[\s:\]\)|,]|$)")]
    private static partial Regex Words();
}
