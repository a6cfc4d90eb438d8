using System.Text.Json;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Integration.Pushing;

namespace PubSub.Tests.Integration.Business;

[Collection(SharedRedis.Name)]
public sealed class TheCommandLinePushes(RedisFixture fixture)
{
    private const string DefaultLog = """{"off":false,"max_messages":0,"max_age_seconds":0}""";

    [Fact]
    public async Task One_message_to_a_room_a_user_and_everybody()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, identity);
        var url = scene.Manager.GrpcAddress.ToString();

        var toRoom = await RunAsync("--action", "push-to-room", "--room", room, "--message", "hello room", "--type", "system", "--url", url);
        var toUser = await RunAsync("--action", "push-to-user", "--user", PushScene.NewId("user"), "--message", "hello user", "--url", url);
        var toAll = await RunAsync("--action=broadcast", "--message=hello all", "--type=TRANSLATION", $"--url={url}");

        Assert.All([toRoom, toUser, toAll], result => Assert.Equal((0, ""), (result.ExitCode, result.Errors)));
        Assert.EndsWith($"room:{room}, offset 1, 2 sessions on 1 nodes", Assert.Single(toRoom.OutputLines), StringComparison.Ordinal);
        Assert.Contains("the user is offline, the message waits", toUser.Output, StringComparison.Ordinal);
        Assert.Equal(["hello room", "hello all"], node.Messages);
        Assert.Equal([MessageType.System, MessageType.Translation], node.Deliveries.Select(one => one.Message.Content.Type));
    }

    [Fact]
    public async Task Many_messages_in_order_with_a_progress_line_and_a_summary()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var (node, identity) = await scene.AddNodeAsync();
        var room = await scene.AddRoomAsync(DefaultLog, identity);

        var result = await BizServerProgram.RunAsync(
            "one\ntwo\n\nthree\n",
            "--action", "push-to-room", "--room", room, "--file", "-", "--count", "10", "--rate", "15", "--url", scene.Manager.GrpcAddress.ToString());

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Enumerable.Repeat(new[] { "one", "two", "three" }, 10).SelectMany(text => text), node.Messages);
        Assert.Contains(result.ErrorLines, line => line.Contains(" of 30 (", StringComparison.Ordinal));
        Assert.StartsWith($"30 of 30 pushed to room:{room} in ", Assert.Single(result.OutputLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_one_object_for_each_push_refusals_included()
    {
        await using var scene = await PushScene.StartAsync(fixture.Redis);
        var room = await scene.AddRoomAsync(DefaultLog);
        var url = scene.Manager.GrpcAddress.ToString();

        var good = await RunAsync("--action", "push-to-room", "--room", room, "--message", "x", "--count", "3", "--json", "--url", url);
        var bad = await RunAsync("--action", "push-to-room", "--room", "no-such-room", "--message", "x", "--json", "--url", url);

        Assert.Equal((0, 1), (good.ExitCode, bad.ExitCode));
        Assert.Equal([1L, 2L, 3L], good.OutputLines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("offset").GetInt64()));
        var refusal = JsonDocument.Parse(Assert.Single(bad.OutputLines)).RootElement;
        Assert.Equal("NotFound", refusal.GetProperty("status").GetString());
        Assert.Contains("no-such-room", Assert.Single(bad.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_one_line_and_exit_code_1()
    {
        var result = await RunAsync(
            "--action", "broadcast", "--message", "x", "--timeout", "1", "--url", $"http://127.0.0.1:{FreePort.Next()}");

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("Unavailable: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--action dance --message x", "--action dance: give push-to-room, push-to-user, broadcast, message-status, watch-receipts, dead-letters or replay-dead-letters.")]
    [InlineData("--action push-to-room --message x", "--room is empty: give an id of 1 to 256 bytes.")]
    [InlineData("--action push-to-room --room r --user u --message x", "--user does not go with push-to-room.")]
    [InlineData("--action broadcast", "Give --message or --file.")]
    [InlineData("--action broadcast --message x --count 0", "--count 0: give 1 to 10000000.")]
    [InlineData("--action broadcast --message x --file y", "Give one of --message and --file.")]
    [InlineData("--action broadcast --message x --url ftp://x", "--url ftp://x: give host:port or http://host:port of a push manager's gRPC door.")]
    [InlineData("--action broadcast --message ? --type audio", "--message is not Base64, which AUDIO needs; or give the sound as --file.")]
    public async Task A_wrong_command_says_what_to_give_and_pushes_nothing(string arguments, string says)
    {
        var result = await RunAsync(arguments.Split(' '));

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Equal([says, "--help shows all options."], result.ErrorLines);
    }

    [Theory]
    [InlineData("--room r --message x", "--action")]
    [InlineData("--action broadcast --message x --type LOUD", "--type")]
    [InlineData("--action broadcast --message x --count many", "--count")]
    [InlineData("--action broadcast --message x --loud", "--loud")]
    [InlineData("--action broadcast --file /no/such/file", "/no/such/file")]
    public async Task What_cannot_be_parsed_is_named(string arguments, string names)
    {
        var result = await RunAsync(arguments.Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(names, result.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_lists_every_option()
    {
        var result = await RunAsync("--help");

        Assert.Equal(0, result.ExitCode);
        foreach (var option in new[] { "--action", "--room", "--user", "--message", "--type", "--url", "--count", "--rate", "--file", "--json" })
            Assert.Contains(option, result.Output, StringComparison.Ordinal);
    }

    private static Task<ProgramResult> RunAsync(params string[] arguments) => BizServerProgram.RunAsync("", arguments);
}
