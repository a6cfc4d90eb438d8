using System.Globalization;

namespace PubSub.PushManager.Log;

/// <summary>
/// Defaults of rooms' logs by the start of the rooms' ids: <c>game-=off; chat-=messages:5000,seconds:86400</c>. What a
/// room itself says of its size and age goes before; a rule's <c>off</c> holds for all its rooms.
/// </summary>
internal sealed class RoomLogRules
{
    private const string Choices = "off, messages:N, seconds:N, or the last two with a comma; N from 1 to 31536000";

    private readonly PrefixRules<LogRule> _rules;

    private RoomLogRules(PrefixRules<LogRule> rules) => _rules = rules;

    /// <summary>What is wrong with the text, or null.</summary>
    public static string? Parse(string text, out RoomLogRules rules)
    {
        var fault = PrefixRules<LogRule>.Parse(text, LogRule.Parse, Choices, out var parsed);
        rules = new RoomLogRules(parsed);
        return fault;
    }

    public LogLimits Of(string roomId, LogLimits usual) => _rules.TryFind(roomId, out var rule)
        ? new LogLimits(usual.Off || rule.Off, rule.Messages ?? usual.Messages, rule.Seconds ?? usual.Seconds)
        : usual;

    private readonly record struct LogRule(bool Off, int? Messages, int? Seconds)
    {
        private const int Most = 31_536_000;

        public static LogRule? Parse(string text)
        {
            if (text == "off")
                return new LogRule(true, null, null);

            var rule = default(LogRule);
            foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
            {
                var colon = part.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0 || !int.TryParse(part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > Most)
                    return null;
                switch (part[..colon])
                {
                    case "messages":
                        rule = rule with { Messages = number };
                        break;
                    case "seconds":
                        rule = rule with { Seconds = number };
                        break;
                    default:
                        return null;
                }
            }

            return rule;
        }
    }
}
