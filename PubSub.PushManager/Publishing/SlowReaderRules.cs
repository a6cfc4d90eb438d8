using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Publishing;

/// <summary>What holds for slow readers of rooms that say nothing of it themselves.</summary>
internal sealed class SlowReaderOptions
{
    public const string Section = "SlowReaders";

    [Setting("ROOM_SLOW_READER_RULES", "What becomes of slow readers' backlogs by the start of rooms' ids, as 'ticker-=conflate; cam-=drop_oldest'; otherwise they are disconnected and resume; the longest start counts")]
    public string Rules { get; set; } = "";

    public IEnumerable<string> Faults() => SlowReaderRules.Parse(Rules, out _) is { } fault ? [$"ROOM_SLOW_READER_RULES: {fault}"] : [];
}

/// <summary>The policy of a room: its own, else that of the longest start of its id, else disconnect.</summary>
internal sealed class SlowReaderRules
{
    private readonly (string Start, SlowReaderPolicy Policy)[] _rules;

    public SlowReaderRules(IOptions<SlowReaderOptions> options) => Parse(options.Value.Rules, out _rules);

    public SlowReaderPolicy Of(ChannelId channel, SlowReaderPolicy own)
    {
        if (channel.Kind is not ChannelKind.Room || own is not SlowReaderPolicy.Unspecified)
            return own;
        foreach (var (start, policy) in _rules)
        {
            if (channel.Id.StartsWith(start, StringComparison.Ordinal))
                return policy;
        }

        return SlowReaderPolicy.Disconnect;
    }

    /// <summary>What is wrong with the text, or null.</summary>
    public static string? Parse(string text, out (string Start, SlowReaderPolicy Policy)[] rules)
    {
        var parsed = new List<(string Start, SlowReaderPolicy Policy)>();
        rules = [];
        foreach (var entry in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = entry.LastIndexOf('=');
            if (equals <= 0 || Policy(entry[(equals + 1)..].Trim()) is not { } policy)
                return $"'{entry}' is no rule. Write the start of the rooms' ids, '=', and disconnect, drop_oldest or conflate.";
            parsed.Add((entry[..equals].TrimEnd(), policy));
        }

        rules = [.. parsed.OrderByDescending(rule => rule.Start.Length)];
        return null;
    }

    private static SlowReaderPolicy? Policy(string word) => word switch
    {
        "disconnect" => SlowReaderPolicy.Disconnect,
        "drop_oldest" => SlowReaderPolicy.DropOldest,
        "conflate" => SlowReaderPolicy.Conflate,
        _ => null,
    };
}
