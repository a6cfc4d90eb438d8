using PubSub.Protocol.Channels;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>The checker's own check: a fault that it overlooked would make every other test here worthless.</summary>
public sealed class TheDeliveryCheckSeesFaults
{
    private static readonly Delivered[] Messages = [.. Enumerable.Range(1, 5).Select(i => new Delivered("room:a", 7, i, $"m{i}", $"text {i}"))];

    private static readonly Delivered Foreign = new("room:b", 7, 1, "m", "text");

    [Fact]
    public void All_in_order_once_is_right()
    {
        Assert.Null(OfAll(Messages));
        Assert.Null(DeliveryCheck.FaultOfMember(Messages[2..], new ChannelPosition(7, 2), 5));
        Assert.Null(DeliveryCheck.FaultOfMember([], new ChannelPosition(7, 5), 5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_dropped_delivery_is_seen(int index)
    {
        List<Delivered> got = [.. Messages];
        got.RemoveAt(index);

        Assert.NotNull(OfAll(got));
        Assert.NotNull(DeliveryCheck.FaultOfMember(got, new ChannelPosition(7, 0), 5));
    }

    [Fact]
    public void A_repeated_one_a_swap_a_foreign_one_and_another_text_are_seen()
    {
        Delivered[][] wrong =
        [
            [Messages[0], .. Messages],
            [Messages[1], Messages[0], .. Messages[2..]],
            [.. Messages[..4], Messages[4] with { Data = "other" }],
            [.. Messages, Foreign],
        ];

        Assert.All(wrong, got => Assert.NotNull(OfAll(got)));
        Assert.NotNull(DeliveryCheck.FaultOfMember(wrong[0], new ChannelPosition(7, 0), 5));
        Assert.NotNull(DeliveryCheck.FaultOfMember(wrong[1], new ChannelPosition(7, 0), 5));
        Assert.NotNull(DeliveryCheck.FaultOfMember(Messages, new ChannelPosition(8, 0), 5));
    }

    private static string? OfAll(IReadOnlyList<Delivered> got) => DeliveryCheck.FaultOfAll(
        got, new Dictionary<string, IReadOnlyList<Delivered>> { ["room:a"] = Messages }, ["room:a", "all"]);
}
