using PubSub.Protocol.Channels;

namespace PubSub.Tests.Unit.Protocol;

public sealed class ChannelIdNamesAChannel
{
    [Theory]
    [InlineData("room:room-001", ChannelKind.Room, "room-001")]
    [InlineData("user:alice", ChannelKind.User, "alice")]
    [InlineData("room:a:b", ChannelKind.Room, "a:b")]
    [InlineData("user:日本", ChannelKind.User, "日本")]
    [InlineData("all", ChannelKind.All, "")]
    public void Text_parses_into_kind_and_id_and_prints_back(string text, ChannelKind kind, string id)
    {
        Assert.True(ChannelId.TryParse(text, out var channel, out var complaint));

        Assert.Null(complaint);
        Assert.Equal(kind, channel.Kind);
        Assert.Equal(id, channel.Id);
        Assert.Equal(text, channel.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("room")]
    [InlineData("Room:a")]
    [InlineData("everyone")]
    [InlineData("topic:a")]
    public void Other_text_is_refused_with_the_three_forms(string? text)
    {
        Assert.False(ChannelId.TryParse(text, out _, out var complaint));

        Assert.Contains("room:{id}, user:{id} and all", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("room:")]
    [InlineData("user:")]
    [InlineData("room:a\nb")]
    [InlineData("user:\u0000")]
    public void A_bad_id_is_refused_by_name(string text)
    {
        Assert.False(ChannelId.TryParse(text, out _, out var complaint));

        Assert.Contains("id of the channel", complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Channels_are_equal_by_their_text()
    {
        Assert.True(ChannelId.TryParse("room:a", out var parsed, out _));

        Assert.Equal(ChannelId.Room("a"), parsed);
        Assert.Equal(ChannelId.Room("a").GetHashCode(), parsed.GetHashCode());
        Assert.NotEqual(ChannelId.Room("a"), ChannelId.User("a"));
        Assert.NotEqual(ChannelId.Room("all"), ChannelId.All);
    }
}
