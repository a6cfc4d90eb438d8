using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.Tests.Unit.Protocol;

public sealed class ChannelPositionsCompare
{
    [Theory]
    [InlineData(1, 5, 1, 6, PositionOrder.Older)]
    [InlineData(1, 6, 1, 6, PositionOrder.Same)]
    [InlineData(1, 7, 1, 6, PositionOrder.Newer)]
    [InlineData(2, 1, 1, 6, PositionOrder.OtherEpoch)]
    public void Offsets_order_within_an_epoch_only(
        long epoch, long offset, long otherEpoch, long otherOffset, PositionOrder expected) =>
        Assert.Equal(
            expected,
            new ChannelPosition(epoch, offset).ComparedTo(new ChannelPosition(otherEpoch, otherOffset)));

    [Fact]
    public void A_message_without_a_position_is_unlogged()
    {
        Assert.False(ChannelPosition.From(null).IsLogged);
        Assert.Equal(ChannelPosition.Unlogged, ChannelPosition.From(new Position()));
    }

    [Fact]
    public void The_wire_form_keeps_both_numbers()
    {
        var position = new ChannelPosition(1_800_000_000_000_000, long.MaxValue);

        Assert.Equal(position, ChannelPosition.From(position.ToProto()));
    }
}
