using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aspire.Dashboard;

namespace Aspire.Hosting.Orchestration;

/// <summary>The last lines that a resource printed over all its starts, and those to come for whoever watches.</summary>
internal sealed class ConsoleLog : IDisposable
{
    private const int LinesKept = 10_000;

    private readonly Lock _lock = new();
    private readonly Queue<DashboardLogLine> _lines = [];
    private readonly List<Channel<DashboardLogLine>> _watchers = [];
    private StreamWriter? _writer;
    private long _number;

    /// <summary>The file that has all lines of this run.</summary>
    public string? File { get; private set; }

    public void KeepIn(string file)
    {
        File = file;
        _writer = new StreamWriter(file, append: false) { AutoFlush = true };
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _writer?.Dispose();
            _writer = null;
        }
    }

    public void Add(string text, bool isError = false)
    {
        lock (_lock)
        {
            var line = new DashboardLogLine(++_number, TimeProvider.System.GetUtcNow(), text, isError);
            _lines.Enqueue(line);
            _writer?.WriteLine(text);
            if (_lines.Count > LinesKept)
                _lines.Dequeue();
            foreach (var watcher in _watchers)
                watcher.Writer.TryWrite(line);
        }
    }

    public IReadOnlyList<DashboardLogLine> Kept()
    {
        lock (_lock)
            return [.. _lines];
    }

    public IReadOnlyList<string> Last(int count)
    {
        lock (_lock)
            return [.. _lines.TakeLast(count).Select(line => line.Text)];
    }

    public async IAsyncEnumerable<DashboardLogLine> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // A reader that does not keep up loses the oldest lines, not the host its memory.
        var channel = Channel.CreateBounded<DashboardLogLine>(
            new BoundedChannelOptions(2 * LinesKept) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            foreach (var line in _lines)
                channel.Writer.TryWrite(line);
            _watchers.Add(channel);
        }

        try
        {
            await foreach (var line in channel.Reader.ReadAllAsync(cancellationToken))
                yield return line;
        }
        finally
        {
            lock (_lock)
                _watchers.Remove(channel);
        }
    }
}
