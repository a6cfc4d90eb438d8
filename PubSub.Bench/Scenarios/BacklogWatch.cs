using System.Text.Json;

namespace PubSub.Bench.Scenarios;

/// <summary>Asks a node again and again what waits in it for slow readers, and keeps the largest answers.</summary>
internal sealed class BacklogWatch : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _stats;
    private readonly Side _node;
    private readonly Task _watching;

    public BacklogWatch(Side node)
    {
        _node = node;
        _stats = new Uri($"http://{node.Door}/stats");
        _watching = WatchAsync();
    }

    public long MostBytes { get; private set; }

    public long MostMemory { get; private set; }

    public long MostResident { get; private set; }

    /// <summary>By the last answer.</summary>
    public int Connections { get; private set; }

    /// <summary>After a last look.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _watching;
        await LookAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await LookAsync();
            await Task.Delay(Every, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync()
    {
        using var stats = JsonDocument.Parse(await _http.GetByteArrayAsync(_stats));
        var outbox = stats.RootElement.GetProperty("outbox");
        MostBytes = Math.Max(MostBytes, outbox.GetProperty("bytes").GetInt64());
        MostMemory = Math.Max(MostMemory, outbox.GetProperty("memory").GetInt64());
        MostResident = Math.Max(MostResident, _node.Figures.Resident);
        Connections = stats.RootElement.GetProperty("connections").GetInt32();
    }
}
