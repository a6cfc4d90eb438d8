using System.Collections.Concurrent;
using System.Threading.Channels;
using dotnet_etcd.interfaces;
using Etcdserverpb;
using Grpc.Core;

namespace dotnet_etcd.Watching;

/// <summary>
/// Carries all watches of a client on one stream at a time. When it breaks, the next one takes each watch on from
/// its <see cref="ResumePoint"/>. One stream is over before the next is opened, so no event can come from both.
/// </summary>
internal sealed class WatchHub : IDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Func<Metadata?, DateTime?, CancellationToken, IAsyncDuplexStreamingCall<WatchRequest, WatchResponse>> _open;
    private readonly ConcurrentDictionary<long, WatchEntry> _watches = new();
    private readonly CancellationTokenSource _disposed = new();

    // Unbounded: a callback may start a watch and wait for it, and the stream must then go on being read.
    private readonly Channel<(WatchEntry Watch, WatchResponse Response)> _responses =
        Channel.CreateUnbounded<(WatchEntry, WatchResponse)>(new UnboundedChannelOptions { SingleReader = true });

    // Guards the four below, and that a watch is sent either when a stream opens or when it is added to an open one.
    private readonly Lock _gate = new();
    private WatchStream? _stream;
    private Metadata? _headers;
    private bool _running;
    private long _lastId;

    public WatchHub(Func<Metadata?, DateTime?, CancellationToken, IAsyncDuplexStreamingCall<WatchRequest, WatchResponse>> open)
    {
        _open = open;
        _ = DispatchAsync();
    }

    public bool IsDisposed => _disposed.IsCancellationRequested;

    public WatchEntry Add(WatchCreateRequest create, Action<WatchResponse> callback, Metadata? headers)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, typeof(WatchManager));
            var watch = new WatchEntry(++_lastId, create, callback);
            _watches[watch.Id] = watch;
            _headers ??= headers;
            _stream?.Send(watch.ToRequest());
            if (!_running)
            {
                _running = true;
                _ = Task.Run(RunAsync);
            }

            return watch;
        }
    }

    public void Cancel(long id)
    {
        lock (_gate)
        {
            if (_watches.TryRemove(id, out var watch))
            {
                watch.Cancel();
                _stream?.Send(new WatchRequest { CancelRequest = new WatchCancelRequest { WatchId = id } });
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (IsDisposed)
            {
                return;
            }

            _disposed.Cancel();
            _responses.Writer.TryComplete();
            Drop(_watches.Values, new ObjectDisposedException(nameof(WatchManager)));
        }
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (true)
        {
            var (heard, reason) = await RunStreamAsync().ConfigureAwait(false);
            failures = heard ? 0 : failures + 1;
            if (!MayGoOn(heard, reason))
            {
                return;
            }

            await Task.Delay(Pause(failures), _disposed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(bool Heard, Exception Reason)> RunStreamAsync()
    {
        WatchStream? stream = null;
        try
        {
            stream = OpenStream();
            await stream.RunAsync(Receive, _disposed.Token).ConfigureAwait(false);
            throw new InvalidOperationException("A watch stream ended without a reason.");
        }
        catch (Exception reason)
        {
            return (stream?.WasHeard ?? false, reason);
        }
        finally
        {
            stream?.Dispose();
        }
    }

    private WatchStream OpenStream()
    {
        lock (_gate)
        {
            _stream = new WatchStream(_open(_headers, null, _disposed.Token));
            foreach (var watch in _watches.Values)
            {
                _stream.Send(watch.ToRequest());
            }

            return _stream;
        }
    }

    private bool MayGoOn(bool heard, Exception reason)
    {
        lock (_gate)
        {
            _stream = null;
            if (!heard)
            {
                // Whoever asks for a watch while etcd is away is told so; whoever has one keeps it.
                Drop(_watches.Values.Where(watch => !watch.Acknowledged.IsCompleted), reason);
            }

            _running = !IsDisposed && !_watches.IsEmpty;
            return _running;
        }
    }

    private void Drop(IEnumerable<WatchEntry> watches, Exception reason)
    {
        foreach (var watch in watches)
        {
            _watches.TryRemove(watch.Id, out _);
            watch.Fail(reason);
        }
    }

    private void Receive(WatchResponse response)
    {
        if (!_watches.TryGetValue(response.WatchId, out var watch))
        {
            return;
        }

        if (response.Canceled)
        {
            _watches.TryRemove(watch.Id, out _);
        }
        else
        {
            var hadEvents = response.Events.Count > 0;
            watch.Resume.Pass(response);
            if (hadEvents && response.Events.Count == 0)
            {
                return;
            }
        }

        // A refusal goes to the one who asks. Only a watch that was granted before tells its callback.
        var wasGranted = watch.Acknowledged.IsCompleted;
        watch.Acknowledge(response);
        if (wasGranted || !response.Canceled)
        {
            _responses.Writer.TryWrite((watch, response));
        }
    }

    private async Task DispatchAsync()
    {
        await foreach (var (watch, response) in _responses.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (watch.IsCancelled)
            {
                continue;
            }

            try
            {
                watch.Callback(response);
            }
            catch (Exception thrown)
            {
                // One callback's fault must not end the others; the package has no logger to tell it to.
                await Console.Error.WriteLineAsync($"The callback of etcd watch {watch.Id} threw: {thrown}").ConfigureAwait(false);
            }

            if (response.Canceled)
            {
                watch.Cancel();
            }
        }
    }

    // Full jitter: clients that lost the same etcd at once do not come back at once.
    private static TimeSpan Pause(int failures)
    {
        var ceiling = Math.Min(LongestPause.TotalMilliseconds, ShortestPause.TotalMilliseconds * Math.Pow(2, failures));
        return TimeSpan.FromMilliseconds(ceiling * Random.Shared.NextDouble());
    }
}
