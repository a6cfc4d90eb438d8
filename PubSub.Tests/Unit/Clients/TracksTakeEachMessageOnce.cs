using PubSub.Client.Receiving;
using PubSub.Protocol.Channels;
using PubSub.Protocol.Client;

namespace PubSub.Tests.Unit.Clients;

/// <summary>SPEC.md section 5, from the client's side.</summary>
public sealed class TracksTakeEachMessageOnce
{
    private readonly ChannelTrack _track = new();

    [Fact]
    public void What_came_before_is_no_news()
    {
        Start(1, 4);

        Assert.Equal([true, true, false, false], [Take(1, 5), Take(1, 6), Take(1, 5), Take(1, 6)]);
    }

    [Fact]
    public void The_first_answer_says_where_the_channel_begins()
    {
        var start = Start(1, 4);

        Assert.True(start.IsFirst);
        Assert.False(Take(1, 4));
        Assert.True(Take(1, 5));
    }

    [Fact]
    public void A_hole_is_told_with_its_size()
    {
        Start(1, 4);

        Assert.True(_track.TryTake(Message(1, 8), out var missed));
        Assert.Equal(3, missed);
    }

    [Fact]
    public void A_recovered_channel_goes_on_from_the_clients_own_position()
    {
        Start(1, 4);
        Take(1, 5);

        Start(1, 9, recovered: true);

        Assert.Equal(new ChannelPosition(1, 5), _track.Received);
        Assert.True(Take(1, 6));
    }

    [Fact]
    public void A_lost_piece_of_the_log_moves_the_position_on()
    {
        Start(1, 4);

        Start(1, 9);

        Assert.Equal(new ChannelPosition(1, 9), _track.Received);
        Assert.False(Take(1, 9));
    }

    [Fact]
    public void An_answer_never_moves_the_position_back()
    {
        Start(1, 9);

        Start(1, 4);

        Assert.False(Take(1, 9));
    }

    [Fact]
    public void In_another_epoch_offsets_count_from_1_again()
    {
        Start(1, 9);

        Start(2, 0);

        Assert.Equal([true, false], [Take(2, 1), Take(2, 1)]);
    }

    /// <summary>SPEC.md 5.2.</summary>
    [Fact]
    public void An_epoch_that_nobody_announced_is_told_as_a_loss_and_once()
    {
        Start(1, 9);

        Assert.Null(_track.BeginAnew("room:r", 1, 10));
        Assert.Null(_track.BeginAnew("room:r", 0, 0));
        var start = _track.BeginAnew("room:r", 2, 3);
        Assert.Equal(new PubSub.Client.ChannelStart("room:r", new ChannelPosition(2, 2), Recovered: false, IsFirst: false), start);
        Assert.True(_track.TryTake(Message(2, 3), out var missed));
        Assert.Equal(0, missed);
        Assert.Null(_track.BeginAnew("room:r", 2, 4));
    }

    [Fact]
    public void A_log_that_begins_under_a_client_is_no_loss()
    {
        Start(0, 0);

        Assert.Null(_track.BeginAnew("room:r", 1, 1));
        Assert.True(Take(1, 1));
    }

    [Fact]
    public void A_message_with_a_known_id_is_no_news_wherever_it_stands()
    {
        Start(1, 4);
        Assert.True(_track.TryTake(Message(1, 5, "same"), out _));

        Assert.False(_track.TryTake(Message(1, 6, "same"), out _));
        Assert.False(_track.TryTake(Message(0, 0, "same"), out _));
        Assert.Equal(new ChannelPosition(1, 6), _track.Received);
    }

    [Fact]
    public void Old_ids_are_forgotten_so_that_memory_is_bounded()
    {
        Assert.True(_track.TryTake(Message(0, 0, "first"), out _));
        for (var i = 0; i < ChannelTrack.IdsKept; i++)
            Assert.True(_track.TryTake(Message(0, 0, $"m{i}"), out _));

        Assert.True(_track.TryTake(Message(0, 0, "first"), out _));
    }

    [Fact]
    public void Messages_without_a_log_have_no_position()
    {
        Assert.True(_track.TryTake(Message(0, 0, "a"), out _));
        Assert.Null(_track.Received);
    }

    private PubSub.Client.ChannelStart Start(long epoch, long offset, bool recovered = false) =>
        _track.Start(new Resumed { Channel = "room:r", Epoch = epoch, Offset = offset, Recovered = recovered });

    private bool Take(long epoch, long offset) => _track.TryTake(Message(epoch, offset), out _);

    private static ServerMessage Message(long epoch, long offset, string? id = null) =>
        new() { Channel = "room:r", Epoch = epoch, Offset = offset, Id = id ?? $"{epoch}-{offset}" };
}
