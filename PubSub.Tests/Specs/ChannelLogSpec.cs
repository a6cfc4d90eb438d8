using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Log;
using PubSub.Tests.Infrastructure;
using StackExchange.Redis;
using ChannelMessage = PubSub.Protocol.ChannelMessage;

namespace PubSub.Tests.Specs;

/// <summary>What a channel's log promises, written through two instances over one store, as two push managers are.</summary>
[Collection(SharedRedis.Name)]
public sealed class ChannelLogSpec(RedisFixture fixture) : IAsyncLifetime
{
    private readonly ChannelLogOptions _options = new() { UserMessages = 50 };
    private readonly ChannelId _channel = ChannelId.User($"log-{Guid.NewGuid():N}");
    private ConnectionMultiplexer _redis = null!;
    private ChannelLog _one = null!;
    private ChannelLog _two = null!;

    public async Task InitializeAsync()
    {
        _redis = await ConnectionMultiplexer.ConnectAsync(fixture.Redis.Endpoint);
        _one = NewLog();
        _two = NewLog();
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        _redis.Dispose();
    }

    [Fact]
    public async Task Two_writers_at_once_give_every_offset_once_and_keep_each_writers_order()
    {
        var appends = await Task.WhenAll(
            Task.Run(() => AppendOneByOneAsync(_one, "a", 200)), Task.Run(() => AppendOneByOneAsync(_two, "b", 200)));

        Assert.Equal(Enumerable.Range(1, 400).Select(i => (long)i), appends.SelectMany(offsets => offsets).Order());
        Assert.All(appends, offsets => Assert.Equal(offsets.Order(), offsets));
    }

    [Fact]
    public async Task What_one_instance_wrote_the_other_reads_whole()
    {
        var message = Message("id-1", "text");
        message.Content.Type = MessageType.Translation;
        message.Content.Timestamp = 99;
        message.Content.Metadata["schlüssel"] = "wert\n\u0000";
        message.Sender = new Sender { UserId = "bob", UserName = "Bob B." };
        var binary = new ChannelMessage { MessageId = "id-2", Content = new Content { Type = MessageType.Audio, Binary = Google.Protobuf.ByteString.CopyFrom(0, 255, 10) } };
        await _one.AppendAsync(_channel, [new LogEntry(message, true), new LogEntry(binary, false)], default);

        var slice = await ReadAsync(_two, default, 10);

        Assert.True(slice.Complete);
        var (first, second) = (slice.Messages[0], slice.Messages[1]);
        message.Channel = first.Channel;
        message.Position = first.Position;
        Assert.Equal(message, first);
        Assert.Equal(binary.Content, second.Content);
        Assert.Equal((1L, 2L), (first.Position.Offset, second.Position.Offset));
    }

    [Fact]
    public async Task The_first_position_of_a_subscriber_names_the_epoch_in_which_the_next_message_comes()
    {
        var start = await ReadAsync(_two, default, 0);
        var append = await _one.AppendAsync(_channel, [new LogEntry(Message("x", "x"), false)], default);

        Assert.Equal(0, start.End.Offset);
        Assert.Equal(new ChannelPosition(start.End.Epoch, 1), append.Places[0].Position);
    }

    [Fact]
    public async Task It_keeps_the_last_n_and_says_when_something_before_them_is_missing()
    {
        var offsets = await AppendOneByOneAsync(_one, "m", 60);
        Assert.Equal(60, offsets[^1]);

        var all = await ReadAsync(_two, new ChannelPosition(0, 10), 100);
        var edge = await ReadAsync(_two, new ChannelPosition(0, 9), 100);

        Assert.Equal((11L, 50, true), (all.FirstOffset, all.Messages.Count, all.Complete));
        Assert.Equal((50, false), (edge.Messages.Count, edge.Complete));
    }

    [Fact]
    public async Task It_drops_what_is_older_than_its_age_but_keeps_its_position()
    {
        _options.UserSeconds = 1;
        await AppendOneByOneAsync(_one, "old", 3);
        await Wait.UntilAsync(async () => (await ReadAsync(_two, default, 10)).Messages.Count == 0, "the messages to age");

        var slice = await ReadAsync(_two, new ChannelPosition(0, 3), 10);
        var behind = await ReadAsync(_two, new ChannelPosition(0, 2), 10);
        var next = await AppendOneByOneAsync(_one, "new", 1);

        Assert.Equal((3L, 4L, true), (slice.End.Offset, slice.FirstOffset, slice.Complete));
        Assert.False(behind.Complete);
        Assert.Equal(4, next[0]);
    }

    [Fact]
    public async Task A_room_that_keeps_its_messages_for_less_long_loses_its_old_ones_and_no_other_does()
    {
        var (brief, usual) = (ChannelId.Room($"brief-{Guid.NewGuid():N}"), ChannelId.Room($"usual-{Guid.NewGuid():N}"));
        await SetRoomAsync(brief, 1, """{"max_age_seconds":1}""");
        await SetRoomAsync(usual, 1, "{}");
        foreach (var room in new[] { brief, usual, brief, usual })
            await AppendToRoomAsync(room);

        await Wait.UntilAsync(async () => (await ReadRoomAsync(brief)).Messages.Count == 0, "the messages to age");
        await AppendToRoomAsync(brief);
        await SetRoomAsync(brief, 1, """{"max_age_seconds":3600}""");

        // With the longer age again: what went is gone, not hidden, and the position went on.
        Assert.Equal([3L], (await ReadRoomAsync(brief)).Messages.Select(message => message.Position.Offset));
        Assert.Equal([1L, 2L], (await ReadRoomAsync(usual)).Messages.Select(message => message.Position.Offset));

        async Task<LogSlice> ReadRoomAsync(ChannelId room) => (await new LogReader(_two).ReadAsync([new LogQuery(room, default, 10, false)]))[0];
    }

    [Fact]
    public async Task A_position_of_another_epoch_or_ahead_of_the_log_is_never_complete()
    {
        await AppendOneByOneAsync(_one, "m", 5);
        var end = (await ReadAsync(_one, default, 0)).End;

        Assert.False((await ReadAsync(_one, new ChannelPosition(end.Epoch - 1, 5), 10)).Complete);
        Assert.False((await ReadAsync(_one, new ChannelPosition(end.Epoch, 6), 10)).Complete);
        Assert.True((await ReadAsync(_one, new ChannelPosition(end.Epoch, 5), 10)).Complete);
    }

    [Fact]
    public async Task From_the_end_come_the_newest_in_rising_order()
    {
        await AppendOneByOneAsync(_one, "m", 30);

        var slice = (await new LogReader(_one).ReadAsync([new LogQuery(_channel, default, 25, FromEnd: true)]))[0];

        Assert.Equal(Enumerable.Range(6, 25).Select(i => (long)i), slice.Messages.Select(message => message.Position.Offset));
        Assert.False(slice.Complete);
    }

    [Fact]
    public async Task An_answer_stays_under_what_grpc_takes_and_can_be_read_on()
    {
        var large = new string('x', 250_000);
        for (var i = 0; i < 20; i++)
            await _one.AppendAsync(_channel, [new LogEntry(Message($"{i}", large), false)], default);

        var read = new List<long>();
        for (var position = 0L; position < 20;)
        {
            var slice = await ReadAsync(_two, new ChannelPosition(0, position), 1000);
            Assert.True(slice.CalculateSize() < 4_000_000);
            Assert.True(slice.Complete);
            read.AddRange(slice.Messages.Select(message => message.Position.Offset));
            position = read[^1];
        }

        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), read);
    }

    [Fact]
    public async Task An_id_is_one_message_whichever_instance_and_batch_it_comes_through()
    {
        var entry = new LogEntry(Message("same", "x"), true);
        var batch = await _one.AppendAsync(_channel, [entry, entry], default);
        var other = await _two.AppendAsync(_channel, [entry], default);

        Assert.Equal([false, true], batch.Places.Select(place => place.IsDuplicate));
        Assert.True(other.Places[0].IsDuplicate);
        Assert.Single(new[] { batch.Places[0], batch.Places[1], other.Places[0] }.Select(place => place.Position).Distinct());
    }

    [Fact]
    public async Task The_id_of_a_job_is_kept_until_the_push_log_is_committed()
    {
        _options.MessageIdSeconds = 1;
        var (push, job) = (new LogEntry(Message("push", "x"), true), new LogEntry(Message("job", "x"), true, IsJob: true));
        await _one.AppendAsync(_channel, [push, job], default);
        await Wait.UntilAsync(async () => !await IsDuplicateAsync(push), "the window of pushes to end");

        Assert.True(await IsDuplicateAsync(job));
        await _one.SettleAsync(_channel, "job");
        await Wait.UntilAsync(async () => !await IsDuplicateAsync(job), "the job's id to go like any other");

        async Task<bool> IsDuplicateAsync(LogEntry entry) => (await _two.AppendAsync(_channel, [entry], default)).Places[0].IsDuplicate;
    }

    [Fact]
    public async Task A_store_that_lost_its_data_or_came_back_older_starts_a_new_epoch()
    {
        await AppendOneByOneAsync(_one, "m", 3);
        var known = ChannelPosition.From((await ReadAsync(_one, default, 0)).End);

        await fixture.Redis.CommandAsync("HSET", $"{{{_channel}}}:position", "offset", "2");
        var older = (await _two.AppendAsync(_channel, [new LogEntry(Message("x", "x"), false)], known)).Places[0].Position;
        await fixture.Redis.CommandAsync("DEL", $"{{{_channel}}}:position", $"{{{_channel}}}:log");
        var lost = (await _one.AppendAsync(_channel, [new LogEntry(Message("y", "y"), false)], older)).Places[0].Position;

        Assert.True(older.Epoch > known.Epoch && lost.Epoch > older.Epoch);
        Assert.Equal((1L, 1L), (older.Offset, lost.Offset));
    }

    [Fact]
    public async Task A_rooms_own_settings_hold_from_the_next_append_on_and_a_room_made_again_is_another_room()
    {
        var room = ChannelId.Room($"made-{Guid.NewGuid():N}");
        Assert.Equal(LogVerdict.NoRoom, (await AppendToRoomAsync(room)).Verdict);

        await SetRoomAsync(room, 1, """{"off":true}""");
        Assert.Equal(LogVerdict.LogOff, (await AppendToRoomAsync(room)).Verdict);

        await SetRoomAsync(room, 1, """{"off":false,"max_messages":2}""");
        for (var i = 0; i < 5; i++)
            Assert.Equal(LogVerdict.Logged, (await AppendToRoomAsync(room)).Verdict);
        var slice = (await new LogReader(_two).ReadAsync([new LogQuery(room, default, 10, false)]))[0];
        Assert.Equal([4L, 5L], slice.Messages.Select(message => message.Position.Offset));

        await SetRoomAsync(room, 2, "{}");
        var again = (await new LogReader(_two).ReadAsync([new LogQuery(room, default, 10, false)]))[0];
        Assert.Empty(again.Messages);
        Assert.NotEqual(slice.End.Epoch, again.End.Epoch);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with{brace")]
    [InlineData("{tag}")]
    [InlineData("}100%{")]
    public void All_keys_of_a_channel_lie_in_the_slot_of_its_room_whatever_the_id(string id)
    {
        var channel = ChannelId.Room(id);
        RedisKey[] keys = [LogKeys.Log(channel), LogKeys.Position(channel), LogKeys.MessageId(channel, "{x}"), LogKeys.Owner(channel)];

        Assert.Single(keys.Select(key => Hashed(key!)).Distinct());
    }

    /// <summary>The part of a key that Redis Cluster hashes: between the first brace and the next closing one, if any.</summary>
    private static string Hashed(string key)
    {
        var open = key.IndexOf('{', StringComparison.Ordinal);
        var close = open < 0 ? -1 : key.IndexOf('}', open);
        return close > open + 1 ? key[(open + 1)..close] : key;
    }

    private ChannelLog NewLog() => new(
        _redis, Options.Create(new RedisOptions()), Options.Create(_options), TimeProvider.System, NullLogger<ChannelLog>.Instance);

    private Task<LogAppend> AppendToRoomAsync(ChannelId room) => _one.AppendAsync(room, [new LogEntry(Message("m", "m"), false)], default);

    private Task<object?> SetRoomAsync(ChannelId room, int createdAt, string log) => fixture.Redis.CommandAsync(
        "SET", room.Text, $$"""{"room_id":"{{room.Id}}","created_at":{{createdAt}},"log":{{log}}}""");

    private async Task<List<long>> AppendOneByOneAsync(ChannelLog log, string prefix, int count)
    {
        var offsets = new List<long>();
        for (var i = 0; i < count; i++)
            offsets.Add((await log.AppendAsync(_channel, [new LogEntry(Message($"{prefix}{i}", "text"), i % 2 == 0)], default)).Places[0].Position.Offset);
        return offsets;
    }

    private async Task<LogSlice> ReadAsync(ChannelLog log, ChannelPosition after, int limit) =>
        (await new LogReader(log).ReadAsync([new LogQuery(_channel, after, limit, false)]))[0];

    private static ChannelMessage Message(string id, string text) => new() { MessageId = id, Content = new Content { Data = text } };
}
