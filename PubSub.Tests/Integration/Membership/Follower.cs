using System.Collections.Concurrent;
using dotnet_etcd;
using Microsoft.Extensions.Logging;
using PubSub.Membership;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Membership;

/// <summary>One process that follows others, and all that it ever saw.</summary>
internal sealed class Follower : IAsyncDisposable
{
    private readonly EtcdClient _client;
    private readonly LoggerFactory _loggers;
    private readonly ServiceWatch _watch;
    private readonly DepartureLog _departures = new();

    private Follower(EtcdOptions options, ServiceKind kind, EtcdClient client)
    {
        _loggers = new LoggerFactory([Logs, _departures]);
        _client = client;
        _watch = new ServiceWatch(
            kind,
            new EtcdRegistry(_client, options, TimeProvider.System),
            options,
            TimeProvider.System,
            _loggers.CreateLogger<ServiceWatch>());
    }

    public IMembership Membership => _watch;

    public UnexpectedLogs Logs { get; } = new();

    /// <summary>Every departure that it logged, however short: snapshots may be skipped, log lines are not.</summary>
    public IReadOnlyCollection<string> EverLeft => _departures.Lines;

    public static async Task<Follower> StartAsync(EtcdOptions options, ServiceKind kind = ServiceKind.Node, EtcdClient? client = null)
    {
        var follower = new Follower(options, kind, client ?? EtcdClients.Create(options));
        await follower._watch.StartAsync(CancellationToken.None);
        return follower;
    }

    public static async Task<Follower> FollowingAsync(EtcdOptions options)
    {
        var follower = await StartAsync(options);
        await follower.ForAsync(MembershipState.Following);
        return follower;
    }

    public Task<MembershipSnapshot> ForAsync(MembershipState state) => ForAsync(snapshot => snapshot.State == state, $"{state}");

    public Task<MembershipSnapshot> ForIdsAsync(params string[] ids) => ForAsync(
        snapshot => snapshot.State == MembershipState.Following && snapshot.Instances.Keys.Order().SequenceEqual(ids.Order()),
        $"{string.Join(", ", ids)} and nobody else");

    public async Task<MembershipSnapshot> ForAsync(Func<MembershipSnapshot, bool> condition, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            return await Membership.WaitForAsync(condition, patience.Token);
        }
        catch (OperationCanceledException)
        {
            var current = Membership.Current;
            throw new TimeoutException(
                $"Waited in vain for {what}; there are {string.Join(", ", current.Instances.Keys)}, {current.State}. {string.Join('\n', Logs.Entries)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.StopAsync(CancellationToken.None);
        _watch.Dispose();
        _client.Dispose();
        _loggers.Dispose();
    }

    private sealed class DepartureLog : ILoggerProvider, ILogger
    {
        private const int Dropped = 203;
        private const int Left = 206;

        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id is Dropped or Left)
            {
                _lines.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
            // Nothing is held; the factory asks every provider.
        }
    }
}
