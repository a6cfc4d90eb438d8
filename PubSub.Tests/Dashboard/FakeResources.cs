using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aspire.Dashboard;

namespace PubSub.Tests.Dashboard;

/// <summary>A host of the dashboard that has whatever resources a test gives it.</summary>
internal sealed class FakeResources : IDashboardResources
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, Console> _consoles = new();
    private ImmutableResources _resources = new([]);

    public string ApplicationName { get; init; } = "PubSub.AppHost";

    /// <summary>What was asked of which resource, in order.</summary>
    public ConcurrentQueue<string> Commands { get; } = new();

    /// <summary>What a command answers; null is success.</summary>
    public Func<string, string, string?> OnCommand { get; set; } = (_, _) => null;

    public event Action? Changed;

    public static DashboardResource Running(string name, string kind = "Project") => new(
        name, kind, "Running", "Healthy", null, null, DateTimeOffset.UtcNow, 0, null, $"{name}.csproj",
        [new DashboardEndpoint("http", "http://localhost:8080")],
        [new DashboardVariable("NODE_ID", name, false), new DashboardVariable("API_KEY", "s3cret", true)],
        ["stop", "restart"], name);

    public IReadOnlyList<DashboardResource> Snapshot() => Volatile.Read(ref _resources).All;

    public void Set(params DashboardResource[] resources)
    {
        Volatile.Write(ref _resources, new ImmutableResources(resources));
        Changed?.Invoke();
    }

    public void Change(string name, Func<DashboardResource, DashboardResource> change) =>
        Set([.. Snapshot().Select(resource => resource.Name == name ? change(resource) : resource)]);

    public void Print(string resource, string text, bool isError = false, DateTimeOffset? at = null) =>
        ConsoleOf(resource).Print(text, isError, at ?? DateTimeOffset.UtcNow);

    public IAsyncEnumerable<DashboardLogLine> LogsAsync(string resource, CancellationToken cancellationToken) =>
        ConsoleOf(resource).ReadAsync(cancellationToken);

    public Task<string?> RunCommandAsync(string resource, string command, CancellationToken cancellationToken)
    {
        Commands.Enqueue($"{command} {resource}");
        return Task.FromResult(OnCommand(resource, command));
    }

    private Console ConsoleOf(string resource) => _consoles.GetOrAdd(resource, _ => new Console(_lock));

    private sealed record ImmutableResources(IReadOnlyList<DashboardResource> All);

    private sealed class Console(Lock @lock)
    {
        private readonly List<DashboardLogLine> _lines = [];
        private readonly List<ChannelWriter<DashboardLogLine>> _readers = [];

        public void Print(string text, bool isError, DateTimeOffset at)
        {
            lock (@lock)
            {
                var line = new DashboardLogLine(_lines.Count + 1, at, text, isError);
                _lines.Add(line);
                foreach (var reader in _readers)
                    reader.TryWrite(line);
            }
        }

        public async IAsyncEnumerable<DashboardLogLine> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var channel = Channel.CreateUnbounded<DashboardLogLine>();
            lock (@lock)
            {
                foreach (var line in _lines)
                    channel.Writer.TryWrite(line);
                _readers.Add(channel.Writer);
            }

            await foreach (var line in channel.Reader.ReadAllAsync(cancellationToken))
                yield return line;
        }
    }
}
