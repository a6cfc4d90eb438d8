using System.Globalization;
using PubSub.BizServer.PushLog;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Jobs;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Specs;

/// <summary>What the durable push log promises, written by BizServer's writer and read by the push manager's readers.</summary>
public abstract class PushLogSpec : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly List<IAsyncDisposable> _open = [];
    private readonly string _run = Guid.NewGuid().ToString("N")[..8];
    private IPushLogWriter _writer = null!;

    public virtual async Task InitializeAsync() => _writer = await OpenWriterAsync();

    public virtual async Task DisposeAsync()
    {
        foreach (var one in _open.AsEnumerable().Reverse())
            await one.DisposeAsync();
        await _writer.DisposeAsync();
    }

    [Fact]
    public async Task A_job_arrives_as_it_was_written()
    {
        var job = Job("room-a", 1);
        job.Content = new Content { Type = MessageType.Audio, Binary = Google.Protobuf.ByteString.CopyFrom(0, 255, 10), Timestamp = 99, Metadata = { ["schlüssel"] = "wert\n\u0000" } };
        job.Sender = new Sender { UserId = "bob", UserName = "Bob B." };
        job.TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await _writer.AppendAsync([job], default);

        var read = await CollectAsync(await OpenAsync(), 1);

        Assert.Equal(job, Assert.Single(read));
    }

    [Fact]
    public async Task The_jobs_of_a_room_come_in_their_order_whatever_other_rooms_do()
    {
        for (var i = 1; i <= 40; i++)
            await Task.WhenAll(AppendAsync("room-a", i), AppendAsync("room-b", i), AppendAsync("room-c", i));

        var read = await CollectAsync(await OpenAsync(), 120);

        Assert.All(read.GroupBy(job => job.Channel), room => Assert.Equal(Enumerable.Range(1, 40), room.Select(NumberOf)));
    }

    [Fact]
    public async Task What_is_not_committed_comes_again_in_order_and_what_is_never_does()
    {
        await _writer.AppendAsync([.. Enumerable.Range(1, 10).Select(i => Job("room-a", i))], default);
        var first = await OpenReaderAsync();
        var batch = await NextAsync(first);
        foreach (var job in batch.Jobs.Take(3))
            job.IsDone = true;
        await first.CommitAsync(batch);
        await first.DisposeAsync();

        var second = await OpenAsync();
        var rest = await CollectAsync(second, 7);
        await AppendAsync("room-a", 11);
        var later = await CollectAsync(second, 1);

        Assert.Equal(Enumerable.Range(4, 7), rest.Select(NumberOf));
        Assert.Equal([11], later.Select(NumberOf));
    }

    [Fact]
    public async Task Readers_share_the_rooms_and_each_job_is_read_by_one_of_them()
    {
        var (one, two) = (await OpenAsync(), await OpenAsync());
        using var stop = new CancellationTokenSource();
        var taken = new List<(IPushLogReader By, PushJob Job)>();
        var running = new[] { one, two }.Select(reader => Task.Run(() => TakeAllAsync(reader, taken, stop.Token))).ToList();
        await Wait.UntilAsync(() => one.Backlog.Partitions > 0 && two.Backlog.Partitions > 0, "both readers to have partitions", Deadline);

        for (var i = 1; i <= 10; i++)
            await Task.WhenAll(Enumerable.Range(0, 16).Select(room => AppendAsync($"room-{room}", i)));
        await Wait.UntilAsync(() => Count() >= 160, "all jobs to be read", Deadline);
        await stop.CancelAsync();
        await Task.WhenAll(running);

        Assert.Equal(160, taken.Count);
        Assert.Equal(2, taken.Select(one => one.By).Distinct().Count());
        Assert.All(taken.GroupBy(one => one.Job.Channel), room => Assert.Equal(Enumerable.Range(1, 10), room.Select(one => NumberOf(one.Job))));

        int Count()
        {
            lock (taken)
                return taken.Count;
        }
    }

    [Fact]
    public async Task What_a_dead_reader_had_goes_to_the_others()
    {
        await _writer.AppendAsync([Job("room-a", 1), Job("room-a", 2)], default);
        var dying = await OpenReaderAsync();
        var batch = await NextAsync(dying);
        Assert.Equal(2, batch.Jobs.Count);
        await KillAsync(dying);

        var read = await CollectAsync(await OpenAsync(), 2);

        Assert.Equal([1, 2], read.Select(NumberOf));
    }

    [Fact]
    public async Task What_cannot_be_published_is_kept_with_its_reason_until_it_is_replayed()
    {
        await _writer.AppendAsync([.. Enumerable.Range(1, 3).Select(i => Job("room-a", i))], default);
        var reader = await OpenAsync();
        var batch = await NextAsync(reader);
        await reader.BuryAsync(batch, batch.Jobs[1], "NotFound: no such room");
        foreach (var job in batch.Jobs)
            job.IsDone = true;
        await reader.CommitAsync(batch);

        var letters = OpenDeadLetters();
        var letter = Assert.Single(await letters.ListAsync(1000, default), IsOurs);
        Assert.Equal(("NotFound: no such room", 2), (letter.Reason, NumberOf(letter.Job!)));
        Assert.True(await letters.ReplayAsync(letter, default));

        Assert.Equal([2], (await CollectAsync(reader, 1)).Select(NumberOf));
        Assert.DoesNotContain(await letters.ListAsync(1000, default), IsOurs);
        Assert.False(await letters.ReplayAsync(letter, default));
    }

    [Fact]
    public async Task The_backlog_is_what_is_not_committed()
    {
        await _writer.AppendAsync([.. Enumerable.Range(1, 5).Select(i => Job("room-a", i))], default);
        var reader = await OpenAsync();
        var batch = await NextAsync(reader);
        await Wait.UntilAsync(() => reader.Backlog is { Jobs: 5 } and { OldestAge.TotalMilliseconds: > 0 }, "a backlog of 5", Deadline);

        foreach (var job in batch.Jobs)
            job.IsDone = true;
        await reader.CommitAsync(batch);

        await Wait.UntilAsync(async () =>
        {
            await reader.ReadAsync(default);
            return reader.Backlog is { Jobs: 0 };
        }, "an empty backlog", Deadline);
    }

    /// <summary>More than one batch, in every partition; and the first one is still out.</summary>
    [Fact]
    public async Task The_backlog_counts_the_partitions_that_were_not_read_yet()
    {
        await Task.WhenAll(Enumerable.Range(1, 20).Select(
            room => _writer.AppendAsync([.. Enumerable.Range(1, 10).Select(i => Job($"room-{room}", i))], default)));
        var reader = await OpenAsync();
        var batch = await NextAsync(reader);

        await Wait.UntilAsync(() => reader.Backlog.Jobs == 200, "a backlog of 200", Deadline);
        Assert.InRange(batch.Jobs.Count, 1, 199);
    }

    [Fact]
    public async Task What_is_no_job_is_shown_as_such_and_holds_nothing_up()
    {
        await AppendGarbageAsync(ChannelId.Room($"{_run}-room-a").Text);
        await AppendAsync("room-a", 1);

        var reader = await OpenAsync();
        var seen = new List<LoggedJob>();
        while (seen.Count < 2)
        {
            var batch = await NextAsync(reader);
            seen.AddRange(batch.Jobs);
            foreach (var job in batch.Jobs)
                job.IsDone = true;
            await reader.CommitAsync(batch);
        }

        Assert.Equal("the record is not a PushJob", seen[0].Complaint);
        Assert.Equal(1, NumberOf(seen[1].Job!));
    }

    private protected abstract Task<IPushLogWriter> OpenWriterAsync();

    private protected abstract Task<IPushLogReader> OpenReaderAsync();

    private protected abstract IDeadLetters OpenDeadLetters();

    /// <summary>The reader stops as if its process had been killed: it says goodbye to nobody.</summary>
    private protected abstract Task KillAsync(IPushLogReader reader);

    private protected abstract Task AppendGarbageAsync(string channel);

    private protected static async Task<JobBatch> NextAsync(IPushLogReader reader)
    {
        using var patience = new CancellationTokenSource(Deadline);
        while (true)
        {
            if (await reader.ReadAsync(patience.Token) is { Jobs.Count: > 0 } batch)
                return batch;
        }
    }

    private protected PushJob Job(string room, int number) => new()
    {
        MessageId = $"{_run}-{room}-{number}",
        Channel = ChannelId.Room($"{_run}-{room}").Text,
        Content = new Content { Data = number.ToString(CultureInfo.InvariantCulture) },
        AcceptedAt = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
    };

    private protected static int NumberOf(PushJob job) => int.Parse(job.Content.Data, CultureInfo.InvariantCulture);

    private protected async Task<IPushLogReader> OpenAsync()
    {
        var reader = await OpenReaderAsync();
        _open.Add(reader);
        return reader;
    }

    private bool IsOurs(DeadLetter letter) => letter.Job?.MessageId.StartsWith(_run, StringComparison.Ordinal) == true;

    private Task AppendAsync(string room, int number) => _writer.AppendAsync([Job(room, number)], default);

    /// <summary>Reads and commits until there are so many; the reader commits whatever it finds.</summary>
    private static async Task<List<PushJob>> CollectAsync(IPushLogReader reader, int count)
    {
        var found = new List<PushJob>();
        while (found.Count < count)
        {
            var batch = await NextAsync(reader);
            foreach (var job in batch.Jobs)
            {
                found.Add(job.Job!);
                job.IsDone = true;
            }

            await reader.CommitAsync(batch);
        }

        return found;
    }

    private static async Task TakeAllAsync(IPushLogReader reader, List<(IPushLogReader By, PushJob Job)> taken, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var batch = await reader.ReadAsync(stop);
                lock (taken)
                    taken.AddRange(batch.Jobs.Select(job => (reader, job.Job!)));
                foreach (var job in batch.Jobs)
                    job.IsDone = true;
                await reader.CommitAsync(batch);
            }
        }
        catch (OperationCanceledException)
        {
            // The test has seen enough.
        }
    }
}
