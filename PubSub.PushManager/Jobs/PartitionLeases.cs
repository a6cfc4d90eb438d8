using System.Globalization;
using PubSub.Protocol.Jobs;
using PubSub.PushManager.Log;
using PubSub.PushManager.Upstreams;

namespace PubSub.PushManager.Jobs;

/// <summary>
/// Which partitions of the push log on Redis one reader has. Readers find each other in Redis and each takes its share
/// of the partitions, each under a lease: who dies is followed by others when the lease ends.
/// </summary>
/// <remarks>
/// A reader that was frozen and wakes up after its lease does no harm: every read and commit asks in the same step
/// whether the partition is still its own, and what it publishes in between was published before under the same
/// message ids, or is next in line anyway.
/// </remarks>
internal sealed class PartitionLeases : IAsyncDisposable
{
    private static readonly RedisScript ReadersScript = new("job_readers.lua");
    private static readonly RedisScript LeaseScript = new("job_lease.lua");

    private readonly ChannelLog _log;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly PartitionDamage _damage;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, HeldPartition> _held = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public PartitionLeases(ChannelLog log, TimeSpan lease, PartitionDamage damage, TimeProvider time)
    {
        _log = log;
        _damage = damage;
        _lease = lease;
        _time = time;
        _running = Task.Run(RunAsync);
    }

    public string Token { get; } = Guid.NewGuid().ToString("N");

    public IReadOnlyList<HeldPartition> Held
    {
        get
        {
            lock (_lock)
                return [.. _held.Values];
        }
    }

    /// <summary>Raised when there is a further partition to read.</summary>
    public event Action? Gained;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        try
        {
            foreach (var partition in Held)
                await GiveBackAsync(partition);
            await _log.EvaluateAsync(ReadersScript, [JobKeys.Readers], [Token, LeaseMs(), 1]);
        }
        catch (Exception failure) when (failure is UpstreamAwayException or KeyRefusedException)
        {
            // Then the leases end by themselves.
        }

        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await RenewAsync();
                await BalanceAsync();
            }
            catch (Exception)
            {
                // Whatever it was, the loop must go on; until a renewal succeeds, what we have runs out.
                DropExpired();
            }

            await Task.Delay(_lease / 3, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RenewAsync()
    {
        foreach (var partition in Held)
        {
            if (!await TryTakeAsync(partition))
                Drop(partition);
        }
    }

    private async Task BalanceAsync()
    {
        var answer = await _log.EvaluateAsync(ReadersScript, [JobKeys.Readers], [Token, LeaseMs(), 0]);
        var (readers, place) = ((int)answer[0], (int)answer[1]);
        var share = (PushLogNames.Partitions / readers) + (place < PushLogNames.Partitions % readers ? 1 : 0);

        var held = Held;
        foreach (var surplus in held.Where(partition => !partition.IsBusy).Take(held.Count - share).ToList())
            await GiveBackAsync(surplus);

        // From a place of its own, so that readers that start together do not all ask for the same one.
        var first = place * PushLogNames.Partitions / readers;
        for (var i = 0; i < PushLogNames.Partitions && Held.Count < share; i++)
            await TryGainAsync((first + i) % PushLogNames.Partitions);
    }

    private async Task TryGainAsync(int number)
    {
        if (_damage.Rests(number))
            return;
        lock (_lock)
        {
            if (_held.ContainsKey(number))
                return;
        }

        var partition = new HeldPartition(number);
        if (!await TryTakeAsync(partition))
        {
            partition.Dispose();
            return;
        }

        lock (_lock)
            _held[number] = partition;
        Gained?.Invoke();
    }

    /// <summary>A partition whose owner cannot be written has none; its readers go on with the others.</summary>
    private async Task<bool> TryTakeAsync(HeldPartition partition)
    {
        try
        {
            return await TakeAsync(partition);
        }
        catch (KeyRefusedException refused)
        {
            _damage.Found(partition.Number, refused);
            return false;
        }
    }

    private async Task<bool> TakeAsync(HeldPartition partition)
    {
        var asked = _time.GetTimestamp();
        var answer = await _log.EvaluateAsync(
            LeaseScript, [JobKeys.Jobs(partition.Number), JobKeys.Owner(partition.Number)], [Token, LeaseMs()]);
        if ((int)answer[0] == 0)
            return false;
        partition.Renewed = asked;
        partition.Waiting = (long)answer[1];
        partition.OldestAge = TimeSpan.FromMilliseconds((long)answer[2]);
        return true;
    }

    private async Task GiveBackAsync(HeldPartition partition)
    {
        Drop(partition);
        await _log.EvaluateAsync(LeaseScript, [JobKeys.Jobs(partition.Number), JobKeys.Owner(partition.Number)], [Token, 0]);
    }

    private void DropExpired()
    {
        foreach (var partition in Held.Where(partition => _time.GetElapsedTime(partition.Renewed) > _lease))
            Drop(partition);
    }

    private void Drop(HeldPartition partition)
    {
        lock (_lock)
        {
            if (!_held.Remove(partition.Number))
                return;
        }

        partition.Dispose();
    }

    private string LeaseMs() => _lease.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
}

/// <summary>A partition while one reader has it; disposed when it goes.</summary>
internal sealed class HeldPartition : IDisposable
{
    private readonly CancellationTokenSource _lost = new();

    public HeldPartition(int number)
    {
        Number = number;
        Lost = _lost.Token;
    }

    public int Number { get; }

    public CancellationToken Lost { get; }

    /// <summary>Jobs of it are being published: not the moment to give it away.</summary>
    public volatile bool IsBusy;

    public long Renewed { get; set; }

    public long Waiting { get; set; }

    public TimeSpan OldestAge { get; set; }

    public void Dispose()
    {
        _lost.Cancel();
        _lost.Dispose();
    }
}
