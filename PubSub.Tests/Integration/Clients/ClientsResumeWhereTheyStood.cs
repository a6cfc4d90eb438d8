using PubSub.Client;
using PubSub.Protocol.Client;
using PubSub.Tests.Infrastructure;
using PayloadCase = PubSub.Protocol.Client.ClientEnvelope.PayloadOneofCase;

namespace PubSub.Tests.Integration.Clients;

/// <summary>SPEC.md section 5: positions handed in, nothing twice at the seam, losses told.</summary>
public sealed class ClientsResumeWhereTheyStood : IAsyncLifetime
{
    private readonly List<string> _seen = [];
    private ScriptedNode _node = null!;

    public async Task InitializeAsync() => _node = await ScriptedNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_room_goes_on_behind_the_last_message_and_repeats_none()
    {
        await using var client = new PubSubClient(_node.Options());
        var room = Watched(client);
        _ = client.ConnectAsync();
        var joining = room.JoinAsync();
        var session = await _node.GreetAsync();
        Assert.Null((await session.AnswerJoinAsync(1, 10)).Position);
        await Wait.ForAsync(joining, "joined");
        await session.SendMessageAsync("room:r", 1, 11);
        await session.SendMessageAsync("room:r", 1, 12);
        await SeenAsync("first 1-10", "1-11", "1-12");

        session.Abort();
        var next = await _node.GreetAsync();
        var position = (await next.AnswerJoinAsync(1, 12, recovered: true)).Position;
        Assert.Equal((1, 12), (position.Epoch, position.Offset));
        foreach (var offset in new[] { 12, 13, 13, 14 })
            await next.SendMessageAsync("room:r", 1, offset);

        await SeenAsync("first 1-10", "1-11", "1-12", "recovered", "1-13", "1-14");
    }

    [Fact]
    public async Task A_lost_log_is_told_between_what_was_and_what_comes()
    {
        await using var client = new PubSubClient(_node.Options());
        var room = Watched(client);
        _ = client.ConnectAsync();
        _ = room.JoinAsync();
        var session = await _node.GreetAsync();
        await session.AnswerJoinAsync(1, 10);
        await session.SendMessageAsync("room:r", 1, 11);
        await Wait.UntilAsync(() => _seen.Count == 2, "the message");
        session.Abort();

        var next = await _node.GreetAsync();
        await next.AnswerJoinAsync(2, 0);
        await next.SendMessageAsync("room:r", 2, 1);

        await SeenAsync("first 1-10", "1-11", "lost 2-0", "2-1");
    }

    [Fact]
    public async Task The_users_own_channel_and_all_are_handed_in_with_the_connect_frame()
    {
        await using var client = new PubSubClient(_node.Options());
        client.MessageReceived += message => See($"{message.Channel} {message.Position.Offset}");
        _ = client.ConnectAsync();
        var session = await _node.NextAsync();
        Assert.Equal("alice", session.Query["user_id"]);
        Assert.False(session.Query.ContainsKey("resume"));
        await session.GreetAsync(new Resumed { Channel = "user:alice", Epoch = 3, Offset = 1 }, new Resumed { Channel = "all" });
        await session.SendMessageAsync("user:alice", 3, 2);
        await SeenAsync("user:alice 2");
        session.Abort();

        var next = await _node.NextAsync();
        Assert.Equal("1", next.Query["resume"]);
        var cursor = Assert.Single((await next.ReceiveAsync(PayloadCase.Connect)).Connect.Positions);
        Assert.Equal(("user:alice", 3, 2), (cursor.Channel, cursor.Epoch, cursor.Offset));
        await next.GreetAsync(new Resumed { Channel = "user:alice", Epoch = 3, Offset = 2, Recovered = true });
        await next.SendMessageAsync("user:alice", 3, 2);
        await next.SendMessageAsync("user:alice", 3, 3);
        await SeenAsync("user:alice 2", "user:alice 3");
    }

    [Fact]
    public async Task The_next_process_goes_on_where_the_handlers_of_the_last_were_done()
    {
        var store = new MemoryPositionStore();
        var gate = new TaskCompletionSource();
        await using (var client = new PubSubClient(_node.Options() with { Positions = store }))
        {
            var room = client.Room("r");
            room.MessageReceived += message =>
            {
                See(message.Id);
                if (message.Position.Offset == 12)
                    gate.Task.Wait(Wait.Patience);
            };
            _ = client.ConnectAsync();
            _ = room.JoinAsync();
            var session = await _node.GreetAsync();
            await session.AnswerJoinAsync(1, 10);
            await session.SendMessageAsync("room:r", 1, 11);
            await session.SendMessageAsync("room:r", 1, 12);
            await SeenAsync("1-11", "1-12");
        }

        gate.SetResult();
        await using var later = new PubSubClient(_node.Options() with { Positions = store });
        _ = later.ConnectAsync();
        _ = later.Room("r").JoinAsync();
        var position = (await (await _node.GreetAsync()).AnswerJoinAsync(1, 11, recovered: true)).Position;

        Assert.Equal(11, position.Offset);
    }

    [Fact]
    public async Task A_room_that_was_left_begins_anew()
    {
        await using var client = new PubSubClient(_node.Options());
        var room = Watched(client);
        _ = client.ConnectAsync();
        var joining = room.JoinAsync();
        var session = await _node.GreetAsync();
        await session.AnswerJoinAsync(1, 10);
        await Wait.ForAsync(joining, "joined");

        var leaving = room.LeaveAsync();
        var leave = await session.ReceiveAsync(PayloadCase.Leave);
        await session.SendAsync(new ServerEnvelope { Id = leave.Id, Left = new Left { RoomId = "r" } });
        await Wait.ForAsync(leaving, "left");
        await Assert.ThrowsAsync<PubSubException>(() => room.PublishAsync("to nobody"));

        var again = room.JoinAsync();
        Assert.Null((await session.AnswerJoinAsync(1, 20)).Position);
        await Wait.ForAsync(again, "joined again");
    }

    [Fact]
    public async Task A_room_that_the_user_was_put_out_of_is_not_joined_again()
    {
        await using var client = new PubSubClient(_node.Options());
        var room = Watched(client);
        room.PutOut += See;
        _ = client.ConnectAsync();
        _ = room.JoinAsync();
        var session = await _node.GreetAsync();
        await session.AnswerJoinAsync(1, 10);
        await session.SendAsync(new ServerEnvelope { Left = new Left { RoomId = "r", Reason = "kicked" } });
        await Wait.UntilAsync(() => _seen.Contains("kicked"), "the news");

        session.Abort();
        var next = await _node.GreetAsync();
        var pinging = client.HistoryAsync("all");
        await next.ReceiveAsync(PayloadCase.History);
        await next.CloseAsync(4502);
        await Assert.ThrowsAnyAsync<Exception>(() => pinging);
    }

    [Fact]
    public async Task Clients_speak_Protobuf_too()
    {
        await using var client = new PubSubClient(_node.Options() with { Encoding = FrameEncoding.Protobuf });
        var room = Watched(client);
        _ = client.ConnectAsync();
        _ = room.JoinAsync();
        var session = await _node.GreetAsync();
        Assert.False(session.Codec.IsText);
        await session.AnswerJoinAsync(1, 10);
        await session.SendMessageAsync("room:r", 1, 11);

        await SeenAsync("first 1-10", "1-11");
    }

    private Room Watched(PubSubClient client)
    {
        var room = client.Room("r");
        room.MessageReceived += message => See(message.Id);
        room.Joined += start => See(start switch
        {
            { IsFirst: true } => $"first {start.Position.Epoch}-{start.Position.Offset}",
            { Recovered: true } => "recovered",
            _ => $"lost {start.Position.Epoch}-{start.Position.Offset}",
        });
        return room;
    }

    private void See(string what)
    {
        lock (_seen)
            _seen.Add(what);
    }

    private async Task SeenAsync(params string[] expected)
    {
        await Wait.UntilAsync(
            () =>
            {
                lock (_seen)
                    return _seen.Count >= expected.Length;
            },
            $"{expected.Length} events");
        lock (_seen)
            Assert.Equal(expected, _seen);
    }
}
