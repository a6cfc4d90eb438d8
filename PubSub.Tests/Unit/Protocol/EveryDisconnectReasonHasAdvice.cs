using System.Text;
using PubSub.Protocol.Outcomes;

namespace PubSub.Tests.Unit.Protocol;

public sealed class EveryDisconnectReasonHasAdvice
{
    public static TheoryData<DisconnectReason> Reasons => [.. Enum.GetValues<DisconnectReason>()];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_close_frame_can_carry_it(DisconnectReason reason)
    {
        var advice = DisconnectAdvice.For(reason);

        Assert.NotNull(advice);
        Assert.InRange(Encoding.UTF8.GetByteCount(advice.Text), 1, 123);
        Assert.True(advice.CloseCode is 0 or 1000 or 1001 or 1002 or 1003 or 1007 or 1009 or 1011 or >= 4000 and < 5000);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void The_code_range_says_whether_to_come_back(DisconnectReason reason)
    {
        var advice = DisconnectAdvice.For(reason);

        if (advice.CloseCode >= 4500)
            Assert.False(advice.MayReconnect);
        else if (advice.CloseCode >= 4000)
            Assert.True(advice.MayReconnect);
        Assert.Equal(advice.MayReconnect, advice.RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public void No_two_reasons_share_a_close_code()
    {
        var codes = Enum.GetValues<DisconnectReason>().Select(reason => DisconnectAdvice.For(reason).CloseCode).ToList();

        Assert.Equal(codes.Count, codes.Distinct().Count());
    }
}
