using PubSub.Protocol.Channels;
using PubSub.Tests.Faults.Oracle;

namespace PubSub.Tests.Unit.Faults;

public sealed class TheOracleSeesEveryFault
{
    private const string Room = "room:r";
    private readonly DeliveryOracle _oracle = new();
    private readonly Listener _listener;

    public TheOracleSeesEveryFault()
    {
        _listener = _oracle.Listen("alice");
        _listener.Subscribed(Room, At(0), recovered: false);
        for (var number = 1; number <= 4; number++)
            _oracle.Accepted(Room, At(number), Message(number));
    }

    [Fact]
    public void All_is_well()
    {
        Receive(1, 2, 3, 4);

        var verdict = _oracle.Check();
        Assert.True(verdict.IsClean, verdict.ToString());
        Assert.Equal((4, 4L), (verdict.Accepted, verdict.Delivered));
        Assert.True(_oracle.EverybodyIsAtTheEnd());
    }

    /// <summary>Where the publisher was not told the place, it is enough that it stands anywhere.</summary>
    [Theory]
    [InlineData(4, 0)]
    [InlineData(5, 1)]
    public void A_promised_message_stands_nowhere(int number, int lost)
    {
        Receive(1, 2, 3, 4);
        _oracle.Promised(Room, Message(number));
        Assert.Equal(lost, _oracle.Check().Lost);
    }

    [Theory]
    [InlineData(new[] { 1, 3, 4 })]
    [InlineData(new[] { 1, 2, 3 })]
    public void A_message_is_lost(int[] received)
    {
        Receive(received);
        Assert.Equal(1, _oracle.Check().Lost);
    }

    [Fact]
    public void The_end_is_not_reached_while_a_message_is_under_way()
    {
        Receive(1, 2, 3);
        Assert.False(_oracle.EverybodyIsAtTheEnd());
    }

    [Fact]
    public void A_message_comes_twice()
    {
        Receive(1, 2, 2, 3, 4);
        Assert.Equal(1, _oracle.Check().Repeated);
    }

    [Fact]
    public void A_message_comes_late()
    {
        Receive(1, 3, 2, 4);
        Assert.Equal(1, _oracle.Check().Reordered);
    }

    [Fact]
    public void A_message_stands_in_the_channel_twice()
    {
        Receive(1, 2, 3, 4);
        _listener.Received(Room, At(5), Message(4).Text);
        Assert.Equal(1, _oracle.Check().Repeated);
    }

    [Fact]
    public void A_publisher_is_put_out_of_order()
    {
        _oracle.Accepted(Room, At(5), Message(7));
        _oracle.Accepted(Room, At(6), Message(6));
        Assert.Equal(1, _oracle.Check().Reordered);
    }

    [Fact]
    public void Two_listeners_see_different_orders()
    {
        Receive(1, 2, 3, 4);
        var other = _oracle.Listen("bob");
        other.Subscribed(Room, At(0), recovered: false);
        foreach (var (offset, number) in new[] { (1, 1), (2, 3), (3, 2), (4, 4) })
            other.Received(Room, At(offset), Message(number).Text);

        Assert.Equal(2, _oracle.Check().Corrupt);
    }

    [Fact]
    public void A_message_is_changed_on_the_way()
    {
        Receive(1, 2, 3);
        _listener.Received(Room, At(4), Message(4).Text.Replace("p|4", "p|5", StringComparison.Ordinal));
        Assert.Equal(1, _oracle.Check().Corrupt);
    }

    [Fact]
    public void A_resume_that_claims_to_be_whole_and_is_not_loses()
    {
        Receive(1, 2);
        _listener.Subscribed(Room, At(3), recovered: true);
        Receive(4);
        Assert.Equal(1, _oracle.Check().Lost);
    }

    [Fact]
    public void A_resume_that_says_what_it_is_writes_off()
    {
        Receive(1, 2);
        _listener.Subscribed(Room, At(3), recovered: false);
        Receive(4);

        var verdict = _oracle.Check();
        Assert.Equal((0, 1), (verdict.Lost, verdict.WrittenOff));
        Assert.Equal((true, false), (verdict.IsTrue, verdict.IsClean));
    }

    [Fact]
    public void A_new_log_is_no_loss_but_what_it_holds_is_owed()
    {
        Receive(1, 2, 3, 4);
        _listener.Subscribed(Room, new ChannelPosition(2, 0), recovered: false);
        _oracle.Accepted(Room, new ChannelPosition(2, 1), Message(5));
        _oracle.Accepted(Room, new ChannelPosition(2, 2), Message(6));
        _listener.Received(Room, new ChannelPosition(2, 2), Message(6).Text);

        Assert.Equal(1, _oracle.Check().Lost);
    }

    [Fact]
    public void A_listener_that_stays_through_a_new_log_is_owed_all_of_it()
    {
        Receive(1, 2, 3);
        foreach (var number in new[] { 1, 2 })
            _oracle.Accepted(Room, new ChannelPosition(2, number), Message(4 + number));
        _listener.Received(Room, new ChannelPosition(2, 2), Message(6).Text);

        var verdict = _oracle.Check();
        Assert.Equal((1, 1), (verdict.Lost, verdict.WrittenOff));
    }

    [Fact]
    public void What_was_accepted_before_a_listener_came_is_not_owed_to_it()
    {
        Receive(1, 2, 3, 4);
        _oracle.Listen("late").Subscribed(Room, At(4), recovered: false);
        Assert.True(_oracle.Check().IsClean);
    }

    private static ChannelPosition At(long offset) => new(1, offset);

    private static NumberedMessage Message(int number) => new("p", number);

    private void Receive(params int[] numbers)
    {
        foreach (var number in numbers)
            _listener.Received(Room, At(number), Message(number).Text);
    }
}
