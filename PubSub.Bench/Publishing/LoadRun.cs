using System.Diagnostics;
using PubSub.Bench.Load;

namespace PubSub.Bench.Publishing;

/// <summary>Pushes to the streams of a pool, numbers what it pushes, and waits for the last to arrive.</summary>
/// <param name="pool">Where the messages arrive.</param>
/// <param name="publisher">How they get in.</param>
/// <param name="receivers">Of each stream.</param>
/// <param name="messageSize">Bytes of a message's text.</param>
/// <param name="filler">What messages are filled with, each from another place of it; empty: nothing of interest.</param>
/// <param name="sequences">Of each stream, where several runs take turns on the same clients.</param>
internal sealed class LoadRun(ClientPool pool, IPublisher publisher, int[] receivers, int messageSize, string filler = "", uint[]? sequences = null)
{
    private readonly uint[] _sequences = sequences ?? new uint[receivers.Length];
    private int _turn;

    /// <summary>How long what is under way may still take at the end.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>From now on so many get a message of the stream.</summary>
    public void Expect(int stream, int count) => receivers[stream] = count;

    /// <summary>Always so many messages under way.</summary>
    public async Task SaturateAsync(TimeSpan duration, int outstanding)
    {
        var started = Stopwatch.GetTimestamp();
        using var deadline = new CancellationTokenSource(duration + Patience);
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            pool.ThrowIfBroken();
            var room = outstanding - (int)pool.Deliveries.Outstanding;
            if (room > 0)
                await publisher.PublishAsync(Next(room, Stopwatch.GetTimestamp));
            else
                await pool.Deliveries.NewsAsync(deadline.Token);
        }
    }

    /// <summary>So many a second, whatever the server does; no longer than until it is enough.</summary>
    public Task PaceAsync(TimeSpan duration, double perSecond, Func<bool>? isEnough = null) => Task.Factory.StartNew(
        () => Pace(duration, perSecond, isEnough ?? (static () => false)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Waits until nothing is under way; false where something never came.</summary>
    public async Task<bool> DrainAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (pool.Deliveries.Outstanding > 0)
            {
                pool.ThrowIfBroken();
                await pool.Deliveries.NewsAsync(patience.Token);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Pace(TimeSpan duration, double perSecond, Func<bool> isEnough)
    {
        var started = Stopwatch.GetTimestamp();
        var total = (long)(duration.TotalSeconds * perSecond);
        for (var sent = 0L; sent < total && !isEnough();)
        {
            pool.ThrowIfBroken();
            var due = Math.Min(total, 1 + (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * perSecond));
            var first = sent;
            if (due > sent)
                publisher.PublishAsync(Next((int)(due - sent), () => DueAt(started, first++, perSecond))).GetAwaiter().GetResult();
            sent = due;
            Pause.Until(DueAt(started, sent, perSecond));
        }
    }

    private List<Outgoing> Next(int count, Func<long> dueAt)
    {
        var messages = new List<Outgoing>(count);
        for (var i = 0; i < count; i++)
        {
            var stream = _turn++ % receivers.Length;
            var number = pool.Deliveries.Open(receivers[stream]);
            var sequence = ++_sequences[stream];
            messages.Add(new Outgoing(stream, sequence, LoadMessage.Text(sequence, number, dueAt(), messageSize, filler)));
        }

        return messages;
    }

    private static long DueAt(long started, long index, double perSecond) =>
        started + (long)(index / perSecond * Stopwatch.Frequency);
}
