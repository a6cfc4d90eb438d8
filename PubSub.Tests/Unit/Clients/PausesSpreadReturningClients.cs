using PubSub.Client;
using PubSub.Client.Connecting;
using PubSub.Protocol.Outcomes;

namespace PubSub.Tests.Unit.Clients;

public sealed class PausesSpreadReturningClients
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static TheoryData<DisconnectReason> Reasons => [.. Enum.GetValues<DisconnectReason>()];

    [Theory]
    [InlineData(0, 250)]
    [InlineData(1, 500)]
    [InlineData(3, 2000)]
    [InlineData(6, 10_000)]
    [InlineData(500, 10_000)]
    public void A_pause_is_anywhere_between_nothing_and_a_ceiling_that_doubles(int attempt, int ceiling)
    {
        var policy = new ReconnectPolicy(random: new Random(7));
        var pauses = Enumerable.Range(0, 2000).Select(_ => policy.Pause(attempt, TimeSpan.Zero).TotalMilliseconds).ToArray();

        Assert.All(pauses, pause => Assert.InRange(pause, 0, ceiling));
        // Full jitter: each tenth of the way is as likely as any other.
        Assert.All(pauses.CountBy(pause => (int)(pause * 10 / ceiling)), tenth => Assert.InRange(tenth.Value, 120, 280));
    }

    [Fact]
    public void What_the_node_asked_for_is_waited_in_any_case()
    {
        var policy = new ReconnectPolicy(random: new Random(7));

        Assert.All(
            Enumerable.Range(0, 100).Select(_ => policy.Pause(0, Second)),
            pause => Assert.InRange(pause, Second, Second + TimeSpan.FromMilliseconds(250)));
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Close_codes_are_read_as_the_nodes_mean_them(DisconnectReason reason)
    {
        var advice = DisconnectAdvice.For(reason);

        Assert.Equal(advice.MayReconnect, Ending.ClosedWith(advice.CloseCode, "").MayReconnect);
    }

    [Fact]
    public void Advice_of_minus_one_is_final_whatever_the_code() => Assert.False(Ending.Advised(4001, "", -1).MayReconnect);

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(403, false)]
    [InlineData(426, false)]
    [InlineData(503, true)]
    [InlineData(0, true)]
    public void A_refused_handshake_is_final_where_the_next_would_end_alike(int status, bool comesBack) =>
        Assert.Equal(comesBack, Ending.Refused(status, TimeSpan.Zero, "").MayReconnect);
}
