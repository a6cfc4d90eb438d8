using Grpc.Net.Client;
using PubSub.Protocol;

namespace PubSub.PushManager.Resolving;

/// <summary>
/// Clients of the configured controllers and of those that the membership knows. All give the same answers, so one is
/// used until it fails.
/// </summary>
internal sealed class ControllerPool(ILoggerFactory loggers) : IDisposable
{
    /// <summary>Longer than any call may take.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<Uri, Controller> _open = [];
    private Uri[] _configured = [];
    private volatile Controller[] _inOrder = [];

    /// <summary>Those to ask, best first.</summary>
    public IReadOnlyList<Controller> InOrder => _inOrder;

    public void Configure(IEnumerable<Uri> addresses)
    {
        lock (_lock)
        {
            _configured = [.. addresses.Distinct()];
            _inOrder = [.. _configured.Select(OpenLocked)];
        }
    }

    public void Discover(IEnumerable<Uri> addresses)
    {
        lock (_lock)
        {
            Uri[] wanted = [.. _configured.Concat(addresses).Distinct()];
            _inOrder = [.. wanted.Select(OpenLocked)];
            foreach (var gone in _open.Keys.Except(wanted).ToList())
            {
                _open.Remove(gone, out var controller);
                _ = LetGoAsync(controller!);
            }
        }
    }

    /// <summary>Asks this one last from now on.</summary>
    public void Demote(Controller failed)
    {
        lock (_lock)
        {
            if (_inOrder.Length > 1 && _inOrder[0] == failed)
                _inOrder = [.. _inOrder[1..], failed];
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        lock (_lock)
        {
            foreach (var controller in _open.Values)
                controller.Dispose();
            _open.Clear();
        }
    }

    /// <summary>Whoever took it from an earlier list still calls it: those calls end by themselves.</summary>
    private async Task LetGoAsync(Controller gone)
    {
        await Task.Delay(Grace, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        gone.Dispose();
    }

    private Controller OpenLocked(Uri address)
    {
        if (!_open.TryGetValue(address, out var controller))
            _open[address] = controller = new Controller(address, loggers);
        return controller;
    }

    internal sealed class Controller : IDisposable
    {
        private readonly GrpcChannel _channel;

        public Controller(Uri address, ILoggerFactory loggers)
        {
            _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
            {
                HttpHandler = new SocketsHttpHandler
                {
                    ConnectTimeout = TimeSpan.FromSeconds(1),
                    PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                    KeepAlivePingDelay = TimeSpan.FromSeconds(5),
                    KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                    UseProxy = false,
                },
                DisposeHttpClient = true,
                LoggerFactory = loggers,
            });
            Client = new ControllerService.ControllerServiceClient(_channel);
        }

        public ControllerService.ControllerServiceClient Client { get; }

        public void Dispose() => _channel.Dispose();
    }
}
