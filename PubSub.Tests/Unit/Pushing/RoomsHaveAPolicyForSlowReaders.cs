using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Publishing;

namespace PubSub.Tests.Unit.Pushing;

public sealed class RoomsHaveAPolicyForSlowReaders
{
    [Theory]
    [InlineData("lobby", SlowReaderPolicy.Unspecified, SlowReaderPolicy.Disconnect)]
    [InlineData("ticker-1", SlowReaderPolicy.Unspecified, SlowReaderPolicy.Conflate)]
    [InlineData("ticker-all-1", SlowReaderPolicy.Unspecified, SlowReaderPolicy.DropOldest)]
    [InlineData("ticker-1", SlowReaderPolicy.Disconnect, SlowReaderPolicy.Disconnect)]
    [InlineData("lobby", SlowReaderPolicy.Conflate, SlowReaderPolicy.Conflate)]
    public void Its_own_goes_before_the_longest_start(string room, SlowReaderPolicy own, SlowReaderPolicy policy)
    {
        var options = new SlowReaderOptions { Rules = "ticker-=conflate; ticker-all-=drop_oldest" };
        Assert.Empty(options.Faults());
        var rules = new SlowReaderRules(Options.Create(options));
        Assert.Equal(policy, rules.Of(ChannelId.Room(room), own));
        Assert.Equal(SlowReaderPolicy.Unspecified, rules.Of(ChannelId.User(room), SlowReaderPolicy.Unspecified));
    }

    [Theory]
    [InlineData("ticker-")]
    [InlineData("=conflate")]
    [InlineData("ticker-=faster")]
    public void What_is_no_rule_stops_the_process_with_a_word(string rules) =>
        Assert.StartsWith("ROOM_SLOW_READER_RULES: ", new SlowReaderOptions { Rules = rules }.Faults().Single(), StringComparison.Ordinal);
}
