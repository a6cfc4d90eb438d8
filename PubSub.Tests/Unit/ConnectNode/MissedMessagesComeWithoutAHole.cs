using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>SPEC.md 5.3 and 5.5: what a client missed comes from the log, then the new, without a hole or a repetition.</summary>
public sealed class MissedMessagesComeWithoutAHole : IAsyncLifetime
{
    private const string Room = "room:r";

    private NodeHost _node = null!;

    public async Task InitializeAsync() => _node = await NodeHost.StartAsync(options => options.ResumeMaxMessages = 5000);

    public Task DisposeAsync() => _node.DisposeAsync().AsTask();

    [Fact]
    public async Task What_was_missed_comes_first_and_then_the_new()
    {
        Append(5);
        using var client = await ReturningClient.JoinAsync(_node.Port, "r", offset: 2);
        Assert.True(client.Recovered);
        Assert.Equal(2, client.StartOffset);
        await client.ReadToAsync(5);
        Publish(2);
        Assert.Equal([3, 4, 5, 6, 7], await client.ReadToAsync(7));
    }

    [Fact]
    public async Task Whoever_missed_nothing_is_recovered_too()
    {
        Append(3);
        using var client = await ReturningClient.JoinAsync(_node.Port, "r", offset: 3);
        Assert.True(client.Recovered);
        Publish(1);
        Assert.Equal([4], await client.ReadToAsync(4));
    }

    [Fact]
    public async Task The_url_and_a_connect_frame_resume_the_channels_of_the_session()
    {
        Append(2, "all");
        using var client = await ReturningClient.ConnectAsync(
            _node.Port, "user_id=u1&resume=1", "all",
            $$$"""{"type":"connect","payload":{"positions":[{"channel":"all","epoch":{{{MemoryUpstream.Epoch}}},"offset":1}]}}""");
        Assert.True(client.Recovered);
        Assert.Equal([2], await client.ReadToAsync(2));
    }

    [Fact]
    public async Task Messages_that_come_while_the_log_is_read_come_once_and_in_order()
    {
        Append(10);
        using var first = await RawWebSocket.OpenAsync(_node.Port, "user_id=u0&room_id=r");
        await first.ReadAsync("joined");
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        _node.Upstream.BeforeRead = async range =>
        {
            if (range.Channel == Room && asked.TrySetResult())
                await answer.Task;
        };
        var joining = ReturningClient.JoinAsync(_node.Port, "r", offset: 4);
        await Wait.ForAsync(asked.Task, "the log to be asked");
        Publish(5);
        answer.SetResult();
        using var client = await joining;
        Publish(5);
        Assert.Equal(Range(5, 20), await client.ReadToAsync(20));
    }

    [Fact]
    public async Task Fifty_clients_come_back_to_different_places_under_load_and_see_one_order()
    {
        const int Last = 3000;
        Append(100);
        using var first = await RawWebSocket.OpenAsync(_node.Port, "user_id=u0&room_id=r");
        await first.ReadAsync("joined");
        _node.Upstream.BeforeRead = static _ => Task.Delay(3);
        var publishing = Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            for (var sent = 100; sent < Last && await timer.WaitForNextTickAsync(); sent += 10)
                Publish(10);
        });
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            using var client = await ReturningClient.JoinAsync(_node.Port, "r", offset: i * 2, user: $"u{i + 1}");
            Assert.True(client.Recovered);
            Assert.Equal(Range((i * 2) + 1, Last), await client.ReadToAsync(Last));
        }));
        await publishing;
    }

    [Fact]
    public async Task One_read_serves_all_who_missed_the_same()
    {
        Append(50);
        var before = _node.Upstream.Reads;
        var clients = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => ReturningClient.JoinAsync(_node.Port, "r", offset: 0, user: $"u{i}")));
        foreach (var client in clients)
            Assert.Equal(Range(1, 50), await client.ReadToAsync(50));
        // One for each user's inbox, one for all, one for the room.
        Assert.InRange(_node.Upstream.Reads - before, 3, 102);
        Array.ForEach(clients, static client => client.Dispose());
    }

    [Fact]
    public async Task What_the_log_has_cut_is_told_and_the_rest_comes()
    {
        Append(10);
        _node.Upstream.Lost[Room] = 6;
        using var client = await ReturningClient.JoinAsync(_node.Port, "r", offset: 2);
        Assert.False(client.Recovered);
        Assert.Equal(6, client.StartOffset);
        Assert.Equal([7, 8, 9, 10], await client.ReadToAsync(10));
    }

    [Fact]
    public async Task Another_life_of_the_log_is_told_and_comes_from_its_beginning()
    {
        Append(3);
        using var client = await ReturningClient.JoinAsync(_node.Port, "r", offset: 70, epoch: 12);
        Assert.False(client.Recovered);
        Assert.Equal(MemoryUpstream.Epoch, client.Start.GetProperty("epoch").GetInt64());
        Assert.Equal([1, 2, 3], await client.ReadToAsync(3));
    }

    [Fact]
    public async Task Of_too_many_the_newest_come()
    {
        Append(6000);
        using var client = await ReturningClient.JoinAsync(_node.Port, "r", offset: 10);
        Assert.False(client.Recovered);
        Assert.Equal(Range(1001, 6000), await client.ReadToAsync(6000));
    }

    [Fact]
    public async Task A_client_may_be_ahead_of_the_node()
    {
        Append(1);
        using var first = await RawWebSocket.OpenAsync(_node.Port, "user_id=u0&room_id=r");
        await first.ReadAsync("joined");
        var late = Enumerable.Range(0, 3).Select(_ => _node.Upstream.Append(Room, "late")).ToList();
        using var client = await ReturningClient.JoinAsync(_node.Port, "r", offset: 3);
        Assert.True(client.Recovered);
        late.ForEach(_node.Deliver);
        Publish(1);
        Assert.Equal([4, 5], await client.ReadToAsync(5));
    }

    [Fact]
    public async Task Large_messages_come_in_pieces_that_the_outbox_bears()
    {
        for (var i = 0; i < 100; i++)
            _node.Upstream.Append(Room, new string('x', 60_000));
        using var slow = await ReturningClient.JoinAsync(_node.Port, "r", offset: 0, user: "slow");
        using var other = await RawWebSocket.OpenAsync(_node.Port, "user_id=u2&room_id=r");
        await other.ReadAsync("joined");
        Publish(1);
        await other.ReadAsync("serverMessages");
        Assert.InRange(_node.Outbox.Bytes, 0, 1024 * 1024);
        Assert.Equal(Range(1, 101), await slow.ReadToAsync(101));
    }

    [Fact]
    public async Task Who_was_answered_gets_the_rest_also_when_the_log_was_away_meanwhile()
    {
        Append(500);
        var reads = 0;
        _node.Upstream.BeforeRead = range =>
        {
            _node.Upstream.AreReadsAway = range.Channel == Room && Interlocked.Increment(ref reads) is 2 or 3;
            return Task.CompletedTask;
        };
        using var client = await ReturningClient.JoinAsync(_node.Port, "r", offset: 0);
        Assert.Equal(Range(1, 500), await client.ReadToAsync(500));
        Assert.True(reads > 3);
    }

    [Fact]
    public async Task A_position_that_cannot_be_is_refused()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await socket.ReadAsync("connected");
        await socket.SendTextAsync("""{"type":"join","id":"j","payload":{"roomId":"r","position":{"epoch":1,"offset":-1}}}""");
        Assert.Equal(100, (await socket.ReadAsync("error")).GetProperty("payload").GetProperty("code").GetInt32());
    }

    private void Append(int count, string channel = Room)
    {
        for (var i = 0; i < count; i++)
            _node.Upstream.Append(channel, "x");
    }

    private void Publish(int count)
    {
        for (var i = 0; i < count; i++)
            _node.Deliver(_node.Upstream.Append(Room, "x"));
    }

    private static IEnumerable<long> Range(int first, int last) => Enumerable.Range(first, last - first + 1).Select(static offset => (long)offset);
}
