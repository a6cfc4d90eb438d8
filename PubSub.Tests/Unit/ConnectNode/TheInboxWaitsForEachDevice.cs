using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>SPEC.md section 10.</summary>
public sealed class TheInboxWaitsForEachDevice : IAsyncLifetime
{
    private const string Inbox = "user:u1";

    private NodeHost _node = null!;

    public async Task InitializeAsync() => _node = await NodeHost.StartAsync();

    public Task DisposeAsync() => _node.DisposeAsync().AsTask();

    [Fact]
    public async Task What_was_pushed_to_an_offline_user_comes_on_connect_and_once()
    {
        Push(2);
        using (var client = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1", Inbox))
        {
            Assert.False(client.Recovered);
            Assert.Equal([1, 2], await client.ReadToAsync(2));
            await client.CloseAsync();
        }

        Push(1);
        using var again = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1", Inbox);
        Assert.True(again.Recovered);
        Assert.Equal([3], await again.ReadToAsync(3));
    }

    [Fact]
    public async Task A_lost_connection_counts_for_nothing()
    {
        Push(2);
        using (var client = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1", Inbox))
            await client.ReadToAsync(2);
        await Wait.UntilAsync(() => _node.Sessions.Count == 0, "the connection to be missed");
        using var again = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1", Inbox);
        Assert.Equal([1, 2], await again.ReadToAsync(2));
    }

    [Fact]
    public async Task A_named_device_has_the_place_that_it_acknowledged()
    {
        Push(3);
        using (var phone = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1&device_id=phone", Inbox))
        {
            await phone.ReadToAsync(3);
            await phone.Socket.SendTextAsync(Ack(2, ""","read":true"""));
            Assert.Equal("a", (await phone.Socket.ReadAsync("acked")).GetProperty("id").GetString());
            await phone.CloseAsync();
        }

        Assert.True(_node.Upstream.Moves.Single() is { DeviceId: "phone", Position.Offset: 2, Read: true });
        using var again = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1&device_id=phone", Inbox);
        Assert.True(again.Recovered);
        Assert.Equal([3], await again.ReadToAsync(3));
        using var tablet = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1&device_id=tablet", Inbox);
        Assert.Equal([1, 2, 3], await tablet.ReadToAsync(3));
    }

    [Fact]
    public async Task Each_ack_names_its_session_and_what_the_session_answers_for()
    {
        Push(3);
        using (var phone = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1&device_id=phone", Inbox))
        {
            await phone.ReadToAsync(3);
            await AckAsync(phone, 1);
            await AckAsync(phone, 2, read: true);
            await AckAsync(phone, 3);
            await phone.CloseAsync();
        }

        Push(1);
        using var again = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1&device_id=phone", Inbox);
        await again.ReadToAsync(4);
        await AckAsync(again, 4, read: true);
        await Wait.UntilAsync(() => _node.Sessions.Count == 1, "the first session to be gone");

        var moves = _node.Upstream.Moves.ToArray();
        Assert.Equal([(1, 0, false), (2, 0, true), (3, 2, false), (4, 3, true)], moves.Select(static move => (move.Position.Offset, move.Since, move.Read)));
        Assert.Equal(_node.Sessions.All.Single().Id, moves[3].SessionId);
        Assert.Single(moves[..3].Select(static move => move.SessionId).Distinct());
        Assert.NotEqual(moves[0].SessionId, moves[3].SessionId);
    }

    [Fact]
    public async Task A_position_that_is_handed_in_goes_before_the_kept_one()
    {
        Push(3);
        using var client = await ReturningClient.ConnectAsync(
            _node.Port, "user_id=u1&resume=1&device_id=phone", Inbox,
            $$$"""{"type":"connect","payload":{"positions":[{"channel":"{{{Inbox}}}","epoch":{{{MemoryUpstream.Epoch}}},"offset":2}]}}""");
        Assert.True(client.Recovered);
        Assert.Equal([3], await client.ReadToAsync(3));
    }

    [Fact]
    public async Task Two_devices_at_once_get_each_what_they_lack_and_then_the_same()
    {
        Push(2);
        using var one = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1&device_id=one", Inbox);
        await one.ReadToAsync(2);
        using var two = await ReturningClient.ConnectAsync(_node.Port, "user_id=u1&device_id=two", Inbox);
        _node.Deliver(_node.Upstream.Append(Inbox, "live"));
        Assert.Equal([1, 2, 3], await one.ReadToAsync(3));
        Assert.Equal([1, 2, 3], await two.ReadToAsync(3));
    }

    [Fact]
    public async Task Only_a_channel_of_the_session_is_acknowledged()
    {
        using var socket = await RawWebSocket.OpenAsync(_node.Port);
        await socket.ReadAsync("connected");
        await socket.SendTextAsync("""{"type":"ack","id":"a","payload":{"positions":[{"channel":"user:u2","epoch":1,"offset":1}]}}""");
        Assert.Equal(105, (await socket.ReadAsync("error")).GetProperty("payload").GetProperty("code").GetInt32());
    }

    private static async Task AckAsync(ReturningClient client, long offset, bool read = false)
    {
        await client.Socket.SendTextAsync(Ack(offset, read ? ""","read":true""" : ""));
        await client.Socket.ReadAsync("acked");
    }

    private static string Ack(long offset, string more = "") =>
        $$$"""{"type":"ack","id":"a","payload":{"positions":[{"channel":"{{{Inbox}}}","epoch":{{{MemoryUpstream.Epoch}}},"offset":{{{offset}}} }]{{{more}}} }}""";

    private void Push(int count)
    {
        for (var i = 0; i < count; i++)
            _node.Upstream.Append(Inbox, "x");
    }
}
