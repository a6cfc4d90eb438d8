using PubSub.Protocol.Channels;
using PubSub.PushManager.Log;

namespace PubSub.Tests.Unit.Pushing;

public sealed class RoomsHaveLogDefaultsByTheirIds
{
    [Theory]
    [InlineData("lobby", false, 1000, 3600)]
    [InlineData("game-1", true, 1000, 3600)]
    [InlineData("chat-1", false, 5000, 86400)]
    [InlineData("chat-vip-1", false, 9, 3600)]
    public void The_longest_start_counts(string room, bool off, int messages, int seconds)
    {
        var options = new ChannelLogOptions { RoomRules = "game-=off; chat-=messages:5000,seconds:86400; chat-vip-=messages:9" };
        Assert.Empty(options.Faults());
        Assert.Equal(new LogLimits(off, messages, seconds), options.Of(ChannelId.Room(room)));
        Assert.Equal(new LogLimits(false, 1000, 604_800), options.Of(ChannelId.User(room)));
    }

    [Theory]
    [InlineData("game-")]
    [InlineData("=off")]
    [InlineData("game-=on")]
    [InlineData("game-=messages:0")]
    [InlineData("game-=messages:5,colour:3")]
    public void What_is_no_rule_stops_the_process_with_a_word(string rules) =>
        Assert.StartsWith("ROOM_LOG_RULES: ", new ChannelLogOptions { RoomRules = rules }.Faults().Single(), StringComparison.Ordinal);
}
