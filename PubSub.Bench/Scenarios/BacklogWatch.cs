using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PubSub.Bench.Scenarios;

/// <summary>Asks a node again and again what waits in it for slow readers, and keeps the largest answers.</summary>
internal sealed partial class BacklogWatch : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Side _node;
    private readonly double _passedOverBefore;
    private readonly Task _watching;
    private double _passedOver;
    private int _connections;

    private BacklogWatch(Side node, double passedOver, int connections)
    {
        (_node, _passedOverBefore, _passedOver, _connections) = (node, passedOver, passedOver, connections);
        _watching = WatchAsync();
    }

    public long MostBytes { get; private set; }

    public long MostMemory { get; private set; }

    public long MostResident { get; private set; }

    /// <summary>By the last answer.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Messages that slow readers did not get since the watch began: dropped or conflated.</summary>
    public double PassedOver => Volatile.Read(ref _passedOver) - _passedOverBefore;

    /// <summary>Once the node has so many connections and none is behind any more.</summary>
    public static async Task<BacklogWatch> StartAsync(Side node, int connections, TimeSpan patience)
    {
        using var http = new HttpClient();
        using var deadline = new CancellationTokenSource(patience);
        while (true)
        {
            var now = await StatsAsync(http, node, deadline.Token);
            if (now.Connections == connections && now.Bytes == 0)
                return new BacklogWatch(node, await PassedOverAsync(http, node), connections);
            await Task.Delay(Every, deadline.Token);
        }
    }

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
        var now = await StatsAsync(_http, _node, CancellationToken.None);
        MostBytes = Math.Max(MostBytes, now.Bytes);
        MostMemory = Math.Max(MostMemory, now.Memory);
        MostResident = Math.Max(MostResident, _node.Figures.Resident);
        Volatile.Write(ref _connections, now.Connections);
        Volatile.Write(ref _passedOver, await PassedOverAsync(_http, _node));
    }

    private static async Task<(int Connections, long Bytes, long Memory)> StatsAsync(HttpClient http, Side node, CancellationToken cancellationToken)
    {
        using var stats = JsonDocument.Parse(await http.GetByteArrayAsync(new Uri($"http://{node.Door}/stats"), cancellationToken));
        var outbox = stats.RootElement.GetProperty("outbox");
        return (stats.RootElement.GetProperty("connections").GetInt32(), outbox.GetProperty("bytes").GetInt64(), outbox.GetProperty("memory").GetInt64());
    }

    private static async Task<double> PassedOverAsync(HttpClient http, Side node)
    {
        var metrics = await http.GetStringAsync(new Uri($"http://127.0.0.1:{node.MetricsPort}/metrics"));
        return PassedOverLine().Matches(metrics).Sum(static line => double.Parse(line.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^connect_node_passed_over_total\{[^}]*\} (\S+)", RegexOptions.Multiline)]
    private static partial Regex PassedOverLine();
}
