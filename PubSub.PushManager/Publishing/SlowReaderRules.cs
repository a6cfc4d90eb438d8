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
    private readonly PrefixRules<SlowReaderPolicy> _rules;

    public SlowReaderRules(IOptions<SlowReaderOptions> options) => Parse(options.Value.Rules, out _rules);

    public SlowReaderPolicy Of(ChannelId channel, SlowReaderPolicy own)
    {
        if (channel.Kind is not ChannelKind.Room || own is not SlowReaderPolicy.Unspecified)
            return own;
        return _rules.TryFind(channel.Id, out var policy) ? policy : SlowReaderPolicy.Disconnect;
    }

    /// <summary>What is wrong with the text, or null.</summary>
    public static string? Parse(string text, out PrefixRules<SlowReaderPolicy> rules) =>
        PrefixRules<SlowReaderPolicy>.Parse(text, Policy, "disconnect, drop_oldest or conflate", out rules);

    private static SlowReaderPolicy? Policy(string word) => word switch
    {
        "disconnect" => SlowReaderPolicy.Disconnect,
        "drop_oldest" => SlowReaderPolicy.DropOldest,
        "conflate" => SlowReaderPolicy.Conflate,
        _ => null,
    };
}
