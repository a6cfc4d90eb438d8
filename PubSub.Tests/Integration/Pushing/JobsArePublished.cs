using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using PubSub.Protocol.Jobs;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Business;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>POST /logic/send, the push log, the job workers and the nodes, over a Redis of their own.</summary>
public sealed class JobsArePublished(JobsFixture fixture) : IClassFixture<JobsFixture>
{
    private const string DefaultLog = """{"off":false,"max_messages":0,"max_age_seconds":0}""";

    private readonly RedisProcess _redis = fixture.Redis;

    [Fact]
    public async Task What_is_accepted_while_nobody_publishes_is_published_later_in_order_and_once()
    {
        var room = PushScene.NewId("room");
        var ids = new List<string>();
        foreach (var i in Enumerable.Range(1, 20))
            ids.AddRange(await AcceptAsync(room, $"a{i}", $"b{i}"));

        await using var scene = await StartSceneAsync();
        var (node, identity) = await scene.AddNodeAsync();
        await scene.SetRoomAsync(room, DefaultLog);
        scene.Controller.Route($"room:{room}", identity);
        ids.AddRange(await AcceptAsync(room, "last"));
        await Wait.UntilAsync(() => node.Messages.Contains("last"), "the last message");

        Assert.Equal(Enumerable.Range(1, 20).SelectMany(i => new[] { $"a{i}", $"b{i}" }).Append("last"), node.Messages);
        var messages = node.Deliveries.Select(one => one.Message).ToList();
        Assert.Equal(ids, messages.Select(message => message.MessageId));
        Assert.All(messages, message => Assert.Equal(("bob", "Bob"), (message.Sender.UserId, message.Sender.UserName)));
        await WaitForEmptyLogAsync();
    }

    [Fact]
    public async Task A_request_that_is_repeated_with_its_ids_is_published_once()
    {
        await using var scene = await StartSceneAsync();
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, identity);
        var request = $$"""{"roomId":"{{room}}","userId":"bob","messages":[{"content":"once","id":"{{room}}-1"}]}""";

        for (var i = 0; i < 5; i++)
            (await SendAsync(request)).Dispose();
        await AcceptAsync(room, "last");
        await Wait.UntilAsync(() => node.Messages.Contains("last"), "the last message");

        Assert.Equal(["once", "last"], node.Messages);
    }

    [Fact]
    public async Task While_no_controller_answers_jobs_wait_and_none_is_given_up()
    {
        await using var scene = await StartSceneAsync("--JOB_TRIES=1");
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, identity);
        await scene.Controller.KillAsync();

        await AcceptAsync(room, [.. Enumerable.Range(1, 10).Select(i => $"{i}")]);
        await Wait.UntilAsync(
            async () => (await MetricsAsync(scene)).Contains("push_manager_job_retries_total{status=\"Unavailable\"}", StringComparison.Ordinal),
            "a refused try");
        await scene.Controller.StartServerAsync();
        await Wait.UntilAsync(async () => await LogLengthAsync(room) == 10, "ten messages in the room's log");
        await WaitForEmptyLogAsync();

        Assert.Equal(0L, await _redis.CommandAsync("XLEN", DeadLettersOf(room)));
        Assert.Empty(node.Messages.Except(Enumerable.Range(1, 10).Select(i => $"{i}")));
    }

    [Fact]
    public async Task How_many_jobs_wait_and_for_how_long_is_on_the_metrics_page()
    {
        await using var scene = await StartSceneAsync();
        var (_, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, identity);
        await Wait.UntilAsync(async () => await ReadAsync("push_manager_job_partitions") == PushLogNames.Partitions, "all partitions to be here");
        await WaitForEmptyLogAsync();
        await scene.Controller.KillAsync();

        await AcceptAsync(room, [.. Enumerable.Range(1, 7).Select(i => $"{i}")]);
        await Wait.UntilAsync(
            async () => await ReadAsync("push_manager_job_backlog") == 7 && await ReadAsync("push_manager_job_age_seconds") > 1,
            "seven jobs that wait for more than a second");
        await scene.Controller.StartServerAsync();

        await Wait.UntilAsync(
            async () => await ReadAsync("push_manager_job_backlog") == 0 && await ReadAsync("push_manager_job_age_seconds") == 0,
            "nothing to wait any more");

        async Task<double> ReadAsync(string name)
        {
            var sample = (await MetricsAsync(scene)).Split('\n').Single(line => line.StartsWith(name + ' ', StringComparison.Ordinal) || line.StartsWith(name + '{', StringComparison.Ordinal));
            return double.Parse(sample[(sample.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task A_job_that_is_refused_for_good_is_a_dead_letter_that_can_be_replayed_from_the_command_line()
    {
        await using var scene = await StartSceneAsync("--JOB_TRIES=3");
        var (node, identity) = await scene.AddNodeAsync();
        var room = PushScene.NewId("missing");
        var ids = await AcceptAsync(room, "one", "two");
        await Wait.UntilAsync(async () => await _redis.CommandAsync("XLEN", DeadLettersOf(room)) is 2L, "two dead letters");

        var listed = await RunAsync("--action", "dead-letters", "--json");
        var shown = await RunAsync("--action", "dead-letters", "--message-id", ids[0]);
        await scene.SetRoomAsync(room, DefaultLog);
        scene.Controller.Route($"room:{room}", identity);
        var replayed = await RunAsync("--action", "replay-dead-letters", "--all");
        await Wait.UntilAsync(() => node.Messages.Count >= 2, "the replayed messages");
        var none = await RunAsync("--action", "replay-dead-letters", "--message-id", ids[0]);

        Assert.Equal((0, 0, 0, 1), (listed.ExitCode, shown.ExitCode, replayed.ExitCode, none.ExitCode));
        var first = JsonDocument.Parse(listed.OutputLines[0]).RootElement;
        Assert.Equal((ids[0], $"room:{room}", "one"), (first.GetProperty("message_id").GetString(), first.GetProperty("channel").GetString(), first.GetProperty("data").GetString()));
        Assert.Contains($"NotFound: room_id: room '{room}' does not exist", Assert.Single(shown.OutputLines), StringComparison.Ordinal);
        Assert.Equal("2 of 2 put back into the push log.", Assert.Single(replayed.OutputLines));
        Assert.Equal($"No dead letter has the message id {ids[0]}.", Assert.Single(none.ErrorLines));
        Assert.Equal(["one", "two"], node.Messages);
        var metrics = await MetricsAsync(scene);
        Assert.Contains("push_manager_jobs_total{result=\"dead\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains("push_manager_jobs_total{result=\"published\"} 2", metrics, StringComparison.Ordinal);
        // Three tries of the first; the second was not worth more than one.
        Assert.Contains("push_manager_job_retries_total{status=\"NotFound\"} 4", metrics, StringComparison.Ordinal);
        scene.Manager.Logs.AssertOnly(3402);
    }

    [Theory]
    [InlineData("--action replay-dead-letters", "replay-dead-letters: give --message-id or --all.")]
    [InlineData("--action dead-letters --all", "--all goes with replay-dead-letters.")]
    [InlineData("--action dead-letters --limit 0", "--limit 0: give 1 to 100000.")]
    public async Task A_wrong_command_says_what_to_give(string arguments, string says)
    {
        var result = await RunAsync(arguments.Split(' '));

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Equal([says, "--help shows all options."], result.ErrorLines);
    }

    [Fact]
    public async Task Without_Redis_nothing_is_accepted_and_the_answer_comes_within_two_seconds()
    {
        await using var server = await BusinessServer.StartAsync($"127.0.0.1:{FreePort.Next()}");
        var started = System.Diagnostics.Stopwatch.StartNew();

        using var answer = await server.SendAsync("""{"roomId":"r","userId":"bob","messages":[{"content":"x"}]}""");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.True(started.Elapsed < TimeSpan.FromSeconds(4), $"{started.Elapsed} for a refusal, on a loaded machine.");
        Assert.Contains("push log", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_large_a_content_is_refused_at_the_door_because_nobody_hears_of_it_later()
    {
        using var answer = await SendAsync($$"""{"roomId":"r","userId":"bob","messages":[{"content":"{{new string('x', 262_145)}}"}]}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private Task<PushScene> StartSceneAsync(params string[] settings) =>
        PushScene.StartAsync(_redis, ["--JOB_WORKERS=4", "--JOB_LEASE_MS=1000", .. settings]);

    private async Task<List<string>> AcceptAsync(string room, params string[] contents)
    {
        var messages = string.Join(',', contents.Select(content => $$"""{"content":"{{content}}"}"""));
        using var answer = await SendAsync($$"""{"roomId":"{{room}}","userId":"bob","userName":"Bob","messages":[{{messages}}]}""");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var reply = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("push-log", reply.GetProperty("path").GetString());
        return [.. reply.GetProperty("messageIds").EnumerateArray().Select(id => id.GetString()!)];
    }

    private Task<HttpResponseMessage> SendAsync(string json) => fixture.Server.SendAsync(json);

    private Task<ProgramResult> RunAsync(params string[] arguments) => BizServerProgram.RunAsync(
        "", new Dictionary<string, string> { ["REDIS_CONNECTION"] = _redis.Endpoint }, arguments);

    private static Task<string> MetricsAsync(PushScene scene) => scene.Manager.Metrics.GetStringAsync("/metrics");

    private async Task<long> LogLengthAsync(string room) => (long)(await _redis.CommandAsync("XLEN", $"{{room:{room}}}:log"))!;

    private Task WaitForEmptyLogAsync() => Wait.UntilAsync(async () =>
    {
        for (var partition = 0; partition < PushLogNames.Partitions; partition++)
        {
            if (await _redis.CommandAsync("XLEN", PushLogNames.Jobs(partition)) is not 0L)
                return false;
        }

        return true;
    }, "every job to be committed");

    private static string DeadLettersOf(string room) => PushLogNames.DeadLetters(PushLogNames.PartitionOf($"room:{room}"));
}

/// <summary>A Redis and a BizServer on it.</summary>
public sealed class JobsFixture : IAsyncLifetime
{
    internal RedisProcess Redis { get; private set; } = null!;

    internal BusinessServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Redis = await RedisProcess.StartAsync();
        Server = await BusinessServer.StartAsync(Redis.Endpoint);
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
