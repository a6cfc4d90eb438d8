using PubSub.Protocol;
using PubSub.PushManager.Links;

namespace PubSub.Tests.Unit.Pushing;

public sealed class AcksCompleteReceiptsInOrder
{
    private readonly AckWindow _window = new(TimeProvider.System);

    [Fact]
    public void A_cumulative_ack_gives_each_delivery_its_sessions()
    {
        PushReceipt[] receipts = [new(1), new(1), new(1)];
        Assert.Equal(1, _window.Add([.. receipts[..2].Select(Delivery)]));
        Assert.Equal(3, _window.Add([Delivery(receipts[2])]));

        Assert.True(_window.TryAcknowledge(2, [5, 0]));
        Assert.Equal([true, true, false], receipts.Select(receipt => receipt.Complete.IsCompleted));
        Assert.Equal([5, 0], receipts[..2].Select(receipt => receipt.SessionsReached));

        Assert.True(_window.TryAcknowledge(3, [7]));
        Assert.Equal((1, 7, 0), (receipts[2].NodesReached, receipts[2].SessionsReached, receipts[2].NodesMissed));
        Assert.Equal(TimeSpan.Zero, _window.OldestAge);
    }

    [Fact]
    public void An_ack_of_what_was_never_sent_or_of_the_past_is_refused()
    {
        _window.Add([Delivery(new PushReceipt(1)), Delivery(new PushReceipt(1))]);

        Assert.False(_window.TryAcknowledge(3, []));
        Assert.True(_window.TryAcknowledge(2, [1, 1]));
        Assert.False(_window.TryAcknowledge(1, []));
    }

    [Fact]
    public void A_receipt_is_complete_when_every_node_answered_or_missed()
    {
        var receipt = new PushReceipt(3);

        receipt.Reached(4);
        receipt.Missed();
        Assert.False(receipt.Complete.IsCompleted);
        receipt.Reached(1);

        Assert.True(receipt.Complete.IsCompleted);
        Assert.Equal((2, 5, 1), (receipt.NodesReached, receipt.SessionsReached, receipt.NodesMissed));
    }

    private static LinkDelivery Delivery(PushReceipt receipt) => new(new Delivery { Message = new ChannelMessage() }, receipt, null);
}
