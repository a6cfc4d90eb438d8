using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PubSub.PushManager.Log;
using PubSub.Tests.Infrastructure;
using StackExchange.Redis;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>A push manager reports at its start where its Redis keeps less than the promise needs.</summary>
public sealed class TheLogsSayWhatAnOkIsWorth
{
    private const string Weaker = "The channels' logs are weaker than they could be: ";

    [Fact]
    public async Task Anything_weaker_than_an_append_only_file_with_fsync_always_is_a_warning_that_says_what_to_set()
    {
        await using var redis = await RedisProcess.StartAsync(new RedisProcessOptions { AppendOnly = true });

        Assert.Empty(await WarningsAsync(redis));
        await redis.CommandAsync("CONFIG", "SET", "appendfsync", "everysec");
        Assert.Equal(
            [$"{Weaker}appendfsync everysec: when Redis or its machine dies, up to the last second of what was answered with OK is lost. Set appendfsync always."],
            await WarningsAsync(redis));
        await redis.CommandAsync("CONFIG", "SET", "appendonly", "no");
        Assert.Equal(
            [$"{Weaker}appendonly no: when Redis dies, what was answered with OK is lost. Set appendonly yes and appendfsync always."],
            await WarningsAsync(redis));
    }

    /// <summary>A managed Redis, or one whose rules for users are strict.</summary>
    [Theory]
    [InlineData("--rename-command", "CONFIG", "")]
    [InlineData("--user", "default on nopass ~* &* +@all -config", "")]
    public async Task A_Redis_that_does_not_tell_its_settings_is_no_failure_but_is_said(string option, string first, string second)
    {
        string[] words = option == "--user" ? [option, .. first.Split(' ')] : [option, first, second];
        await using var redis = await RedisProcess.StartAsync(new RedisProcessOptions { MoreArguments = words });

        Assert.Equal(
            [$"{Weaker}Redis does not tell its settings (CONFIG GET is not allowed). See that they are appendonly yes and appendfsync always."],
            await WarningsAsync(redis));
    }

    [Fact]
    public async Task Every_push_manager_looks_even_if_Redis_comes_after_it()
    {
        await using var redis = await RedisProcess.StartAsync();
        redis.Kill();
        await using var scene = await PushScene.StartAsync(redis);

        Assert.DoesNotContain(scene.Manager.Logs.Entries, IsWarning);
        await redis.RestartAsync();

        await Wait.UntilAsync(() => scene.Manager.Logs.Entries.Any(IsWarning), "the warning");

        static bool IsWarning(UnexpectedLogs.Entry entry) => entry.EventId.Id == PushManagerHost.WeakLogs;
    }

    private static async Task<List<string>> WarningsAsync(RedisProcess redis)
    {
        using var logs = new UnexpectedLogs();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(logs));
        // As the push manager does: newer clients ask CONFIG GET for nobody else.
        using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.Endpoint},allowAdmin=true");
        using var check = new ChannelLogCheck(
            connection, Options.Create(new RedisOptions { TimeoutMs = 20_000 }), TimeProvider.System, factory.CreateLogger<ChannelLogCheck>());

        await check.StartAsync(default);
        await Wait.ForAsync(check.ExecuteTask!, "the check");

        return [.. logs.Entries.Select(entry => entry.Message)];
    }
}
