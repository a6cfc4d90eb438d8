using PubSub.Protocol.Channels;

namespace PubSub.Tests.Unit.Protocol;

public sealed class LaneHashSpreadsChannels
{
    /// <summary>Processes of different versions choose the same push manager only while these figures stand.</summary>
    [Theory]
    [InlineData("all")]
    [InlineData("room:room-001")]
    [InlineData("user:日本")]
    public void The_hash_of_a_channel_is_part_of_the_contract(string channel)
    {
        var expected = channel switch
        {
            "all" => AllHash,
            "room:room-001" => RoomHash,
            _ => UserHash,
        };

        Assert.Equal(expected, LaneHash.Compute(channel));
    }

    private const uint AllHash = 944995503;
    private const uint RoomHash = 651213201;
    private const uint UserHash = 2653447828;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public void Numbered_rooms_fill_all_lanes_evenly(int lanes)
    {
        const int Rooms = 10_000;
        var counts = new int[lanes];

        for (var room = 0; room < Rooms; room++)
            counts[LaneHash.Lane($"room:room-{room:000}", lanes)]++;

        var fair = Rooms / lanes;
        Assert.All(counts, count => Assert.InRange(count, fair * 0.9, fair * 1.1));
    }

    [Fact]
    public void No_lanes_is_an_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LaneHash.Lane("all", 0));
}
