using PubSub.Client;
using PubSub.Protocol.Client;
using PubSub.Protocol.Outcomes;
using PubSub.Tests.Infrastructure;
using PayloadCase = PubSub.Protocol.Client.ClientEnvelope.PayloadOneofCase;

namespace PubSub.Tests.Integration.Clients;

public sealed class MessagesReachTheAppInOrder : IAsyncLifetime
{
    private ScriptedNode _node = null!;

    public async Task InitializeAsync() => _node = await ScriptedNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task An_enumeration_joins_reads_in_order_and_ends_with_its_token()
    {
        await using var client = new PubSubClient(_node.Options());
        using var enough = new CancellationTokenSource();
        var offsets = new List<long>();
        _ = client.ConnectAsync();
        var reading = Task.Run(async () =>
        {
            await foreach (var message in client.Room("r").ReadAllAsync(enough.Token))
            {
                offsets.Add(message.Position.Offset);
                if (message.Position.Offset == 200)
                    await enough.CancelAsync();
            }
        });

        var session = await _node.GreetAsync();
        await session.AnswerJoinAsync(1, 0);
        for (var offset = 1; offset <= 200; offset++)
            await session.SendMessageAsync("room:r", 1, offset);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Wait.ForAsync(reading, "the enumeration to end"));
        Assert.Equal(Enumerable.Range(1, 200).Select(offset => (long)offset), offsets);
    }

    [Fact]
    public async Task A_handler_that_throws_is_told_and_the_next_message_comes()
    {
        await using var client = new PubSubClient(_node.Options());
        var failure = new TaskCompletionSource<Exception>();
        var second = new TaskCompletionSource();
        client.HandlerFailed += error => failure.TrySetResult(error);
        client.MessageReceived += message =>
        {
            if (message.Position.Offset == 1)
                throw new InvalidOperationException("mine");
            second.TrySetResult();
        };
        _ = client.ConnectAsync();
        var session = await _node.GreetAsync();
        await session.SendMessageAsync("all", 1, 1);
        await session.SendMessageAsync("all", 1, 2);

        Assert.Equal("mine", (await Wait.ForAsync(failure.Task, "the failure")).Message);
        await Wait.ForAsync(second.Task, "the second message");
    }

    [Fact]
    public async Task What_the_node_passed_over_is_told_in_its_place_and_is_no_loss()
    {
        await using var client = new PubSubClient(_node.Options());
        var room = client.Room("r");
        var seen = new List<string>();
        var last = new TaskCompletionSource();
        client.MessagesSkipped += gap => seen.Add($"all {gap.Count}");
        room.Skipped += gap => seen.Add($"{gap.From}-{gap.To} after {gap.Before.Offset}");
        room.MessageReceived += message =>
        {
            seen.Add($"{message.Position.Offset} missed {message.Missed}");
            if (message.Position.Offset == 11)
                last.SetResult();
        };
        _ = client.ConnectAsync();
        var joining = room.JoinAsync();
        var session = await _node.GreetAsync();
        await session.AnswerJoinAsync(1, 4);
        await joining;
        var mark = new GapMark { Channel = "room:r", Epoch = 1, From = 6, To = 9, Count = 4 };
        await session.SendMessageAsync("room:r", 1, 5);
        await session.SendAsync(new ServerEnvelope { GapMark = mark });
        await session.SendMessageAsync("room:r", 1, 10);
        await session.SendAsync(new ServerEnvelope { GapMark = mark });
        await session.SendMessageAsync("room:r", 1, 11);
        await Wait.ForAsync(last.Task, "the last message");
        Assert.Equal(["5 missed 0", "6-9 after 5", "all 4", "10 missed 0", "11 missed 0"], seen);
    }

    [Fact]
    public async Task A_slow_app_costs_the_connection_but_no_message()
    {
        await using var client = new PubSubClient(_node.Options() with { InboxCapacity = 4 });
        using var gate = new SemaphoreSlim(0);
        var offsets = new List<long>();
        client.MessageReceived += message =>
        {
            gate.Wait(Wait.Patience);
            offsets.Add(message.Position.Offset);
        };
        var reasons = new List<string>();
        client.StateChanged += change => reasons.Add(change.Reason);
        _ = client.ConnectAsync();
        var session = await _node.GreetAsync();
        for (var offset = 1; offset <= 10; offset++)
            await session.SendMessageAsync("all", 1, offset);

        await Wait.UntilAsync(() => client.State == ClientState.Waiting, "the client to let go");
        Assert.Contains(reasons, reason => reason.Contains("InboxCapacity", StringComparison.Ordinal));
        Assert.Equal(1, _node.Handshakes);
        gate.Release(100);

        var next = await _node.NextAsync();
        var from = (await next.ReceiveAsync(PayloadCase.Connect)).Connect.Positions.Single().Offset;
        await next.GreetAsync(new Resumed { Channel = "all", Epoch = 1, Offset = from, Recovered = true });
        for (var offset = from + 1; offset <= 10; offset++)
        {
            await next.SendMessageAsync("all", 1, offset);
            await Wait.UntilAsync(() => offsets.Count == offset, $"message {offset}");
        }

        Assert.Equal(Enumerable.Range(1, 10).Select(offset => (long)offset), offsets);
    }

    [Fact]
    public async Task Or_the_oldest_messages_where_the_app_wants_it_so()
    {
        await using var client = new PubSubClient(
            _node.Options() with { InboxCapacity = 4, WhenInboxIsFull = SlowReaderVerdict.DropOldest });
        using var gate = new SemaphoreSlim(0);
        var offsets = new List<long>();
        client.MessageReceived += message =>
        {
            gate.Wait(Wait.Patience);
            offsets.Add(message.Position.Offset);
        };
        _ = client.ConnectAsync();
        var session = await _node.GreetAsync();
        for (var offset = 1; offset <= 10; offset++)
            await session.SendMessageAsync("all", 1, offset);

        // One may be in the handler already; four wait.
        await Wait.UntilAsync(() => client.DroppedMessages >= 5, "the oldest to go");
        gate.Release(100);
        await Wait.UntilAsync(() => offsets.LastOrDefault() == 10, "the last message");
        Assert.Equal(10, offsets.Count + client.DroppedMessages);
        Assert.Equal([7, 8, 9, 10], offsets.TakeLast(4));
    }

    [Fact]
    public async Task A_publish_tells_its_offset_and_is_repeated_under_one_id_over_a_reconnect()
    {
        await using var client = new PubSubClient(_node.Options());
        var room = client.Room("r");
        _ = client.ConnectAsync();
        _ = room.JoinAsync();
        var session = await _node.GreetAsync();
        await session.AnswerJoinAsync(1, 10);
        var publishing = room.PublishAsync("hello");
        var first = (await session.ReceiveAsync(PayloadCase.ClientMessages)).ClientMessages;
        session.Abort();

        var next = await _node.GreetAsync();
        await next.AnswerJoinAsync(1, 10, recovered: true);
        var second = await next.ReceiveAsync(PayloadCase.ClientMessages);
        Assert.Equal(("hello", first.MessageId), (second.ClientMessages.Content, second.ClientMessages.MessageId));
        await next.SendAsync(new ServerEnvelope
        {
            Id = second.Id,
            Published = new Published { Channel = "room:r", MessageId = first.MessageId, Epoch = 1, Offset = 11 },
        });

        Assert.Equal(11, (await Wait.ForAsync(publishing, "the publication")).Offset);
    }

    [Fact]
    public async Task A_refused_request_fails_with_the_nodes_words_and_a_temporary_refusal_is_tried_again()
    {
        await using var client = new PubSubClient(_node.Options());
        _ = client.ConnectAsync();
        var joining = client.Room("full").JoinAsync();
        var session = await _node.GreetAsync();

        var frame = await session.ReceiveAsync(PayloadCase.Join);
        await session.SendAsync(new ServerEnvelope { Id = frame.Id, Error = new Error { Code = (int)ErrorCode.Unavailable, Message = "later" } });
        frame = await session.ReceiveAsync(PayloadCase.Join);
        await session.SendAsync(new ServerEnvelope { Id = frame.Id, Error = new Error { Code = (int)ErrorCode.RoomFull, Message = "full" } });

        var refused = await Assert.ThrowsAsync<PubSubException>(() => Wait.ForAsync(joining, "the refusal"));
        Assert.Equal(((int)ErrorCode.RoomFull, "full"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task A_request_ends_with_its_token_or_its_time()
    {
        var time = new ManualTime();
        await using var client = new PubSubClient(_node.Options() with { Time = time });
        _ = client.ConnectAsync();
        var session = await _node.GreetAsync();
        using var cancelled = new CancellationTokenSource();
        var first = client.HistoryAsync("all", cancellationToken: cancelled.Token);
        var second = client.HistoryAsync("all");
        await session.ReceiveAsync(PayloadCase.History);
        await session.ReceiveAsync(PayloadCase.History);

        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Wait.ForAsync(first, "the cancelled request"));
        time.Advance(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<TimeoutException>(() => Wait.ForAsync(second, "the late request"));
    }
}
