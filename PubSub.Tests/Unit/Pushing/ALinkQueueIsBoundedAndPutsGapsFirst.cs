using PubSub.Protocol;
using PubSub.PushManager.Links;

namespace PubSub.Tests.Unit.Pushing;

public sealed class ALinkQueueIsBoundedAndPutsGapsFirst
{
    private readonly LinkQueue _queue = new(3);

    [Fact]
    public void It_takes_no_more_than_its_capacity_and_again_when_there_is_room()
    {
        Assert.True(_queue.TryAdd(Message("a", 1)) && _queue.TryAdd(Message("a", 2)) && _queue.TryAdd(Message("a", 3)));
        Assert.False(_queue.TryAdd(Message("a", 4)));

        Assert.Single(Take(1));
        Assert.True(_queue.TryAdd(Message("a", 5)));
    }

    [Fact]
    public void Gaps_come_first_one_for_a_channel_and_the_newest_counts()
    {
        _queue.TryAdd(Message("a", 9));
        _queue.AddGap(Gap("a", 1, 7));
        _queue.AddGap(Gap("a", 1, 8));
        _queue.AddGap(Gap("a", 1, 3));
        _queue.AddGap(Gap("b", 2, 1));
        _queue.AddGap(Gap("b", 1, 50));

        var batch = Take(10);

        Assert.Equal([("a", 8L), ("b", 1L)], batch.Take(2).Select(one => (one.Delivery.Gap.Channel, one.Delivery.Gap.Until.Offset)));
        Assert.Equal(9, batch[2].Delivery.Message.Position.Offset);
        Assert.Empty(Take(10));
    }

    [Fact]
    public void A_batch_stays_below_what_a_node_takes_at_once_but_a_single_large_message_goes()
    {
        _queue.TryAdd(Message("a", 1, 700_000));
        _queue.TryAdd(Message("a", 2, 700_000));
        _queue.TryAdd(Message("a", 3, 2_000_000));

        Assert.Single(Take(10));
        Assert.Single(Take(10));
        Assert.Single(Take(10));
    }

    [Fact]
    public async Task A_completed_queue_is_emptied_before_it_ends()
    {
        _queue.TryAdd(Message("a", 1));
        _queue.Complete();

        Assert.False(_queue.TryAdd(Message("a", 2)));
        Assert.True(await _queue.WaitAsync(() => true, default));
        Take(1);
        Assert.False(await _queue.WaitAsync(() => true, default));
    }

    private List<LinkDelivery> Take(int max)
    {
        var batch = new List<LinkDelivery>();
        _queue.Take(max, batch);
        return batch;
    }

    private static Gap Gap(string channel, long epoch, long offset) =>
        new() { Channel = channel, Until = new Position { Epoch = epoch, Offset = offset } };

    private static LinkDelivery Message(string channel, long offset, int size = 1) => new(
        new Delivery
        {
            Message = new ChannelMessage
            {
                Channel = channel,
                Position = new Position { Epoch = 1, Offset = offset },
                Content = new Content { Data = new string('x', size) },
            },
        },
        null,
        null);
}
