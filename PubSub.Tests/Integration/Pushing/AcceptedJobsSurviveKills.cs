using Xunit.Abstractions;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>kill -9 of push managers in the middle of their jobs.</summary>
public sealed class AcceptedJobsSurviveKills(ITestOutputHelper output)
{
    [Fact]
    public async Task Every_job_is_published_once_and_in_the_order_of_its_room()
    {
        await using var scenario = await JobsUnderKills.StartAsync("PubSub.PushManager");

        var verdict = await scenario.RunAsync(kills: 4);

        output.WriteLine($"4 kills, {verdict}");
        Assert.True(verdict.IsClean, verdict.ToString());
    }

    /// <summary>The oracle sees it when the workers do it the wrong way round.</summary>
    [Fact]
    public async Task A_commit_before_the_push_would_lose_some()
    {
        await using var scenario = await JobsUnderKills.StartAsync("PubSub.Tests", CommitsFirst.Program);

        var verdict = await scenario.RunAsync(kills: 2);

        output.WriteLine($"2 kills, {verdict}");
        Assert.True(verdict.Lost > 0, verdict.ToString());
    }
}
