using PubSub.Tests.Faults;
using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>kill -9 of push managers in the middle of their jobs, and of the rebalances that this brings about.</summary>
public sealed class AcceptedJobsSurviveKills(KafkaFixture kafka, ITestOutputHelper output) : IClassFixture<KafkaFixture>
{
    [Fact]
    public Task On_Redis_every_job_is_published_once_and_in_the_order_of_its_room() => EveryJobIsPublishedAsync(PushLogUnderKills.OnRedis);

    [Fact]
    public Task On_Kafka_too() => EveryJobIsPublishedAsync(_ => PushLogUnderKills.OnKafka(kafka.Broker));

    /// <summary>The oracle sees it when the workers do it the wrong way round.</summary>
    [Fact]
    public async Task A_commit_before_the_push_would_lose_some()
    {
        await using var scenario = await JobsUnderKills.StartAsync(PushLogUnderKills.OnRedis, rounds: 1, "PubSub.Tests", CommitsFirst.Program);

        var verdict = await scenario.RunAsync();

        output.WriteLine($"{scenario.Kills} kills, {verdict}");
        Assert.True(verdict.Lost > 0, verdict.ToString());
    }

    private async Task EveryJobIsPublishedAsync(Func<RedisProcess, PushLogUnderKills> openLog)
    {
        await using var scenario = await JobsUnderKills.StartAsync(openLog, FaultSize.Current.JobRounds);

        var verdict = await scenario.RunAsync();

        output.WriteLine($"{scenario.Kills} kills, {scenario.KillsBetweenOwners} of them while partitions had no owner, {verdict}");
        Assert.True(verdict.IsClean, verdict.ToString());
    }
}
