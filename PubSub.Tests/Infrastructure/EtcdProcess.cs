using System.Runtime.InteropServices;
using PubSub.LocalTools;

namespace PubSub.Tests.Infrastructure;

/// <summary>A real etcd on a free port of this machine, alone or as a member of an <see cref="EtcdCluster"/>.</summary>
internal sealed class EtcdProcess : IAsyncDisposable
{
    // Alone it elects itself, so there is no reason to wait a second for other voices at each start.
    private static readonly string[] SwiftElections = ["--heartbeat-interval", "50", "--election-timeout", "300"];
    private static readonly HttpClient Http = new();

    private readonly BackingProcess _process;
    private readonly string _name;
    private readonly int _peerPort;

    internal EtcdProcess(ToolCommand tool, string name)
    {
        _name = name;
        _process = new BackingProcess(tool, name);
        _peerPort = FreePort.Next();
        Port = FreePort.Next();
    }

    public int Port { get; }

    /// <summary>http://host:port, as ETCD_ENDPOINTS wants it.</summary>
    public string Endpoint => $"http://127.0.0.1:{Port}";

    public int ProcessId => _process.Id;

    /// <summary>The last lines that etcd logged.</summary>
    public string Output => _process.Output;

    /// <summary>name=url, this member's part of --initial-cluster.</summary>
    internal string Membership => $"{_name}=http://127.0.0.1:{_peerPort}";

    private bool Alone => InitialCluster == Membership;

    private string DataFolder => Path.Combine(_process.DataFolder, "data");

    internal string InitialCluster { get => field ?? Membership; set; }

    public static async Task<EtcdProcess> StartAsync()
    {
        var etcd = new EtcdProcess(await LocalTool.Etcd.LocateAsync(), "etcd");
        try
        {
            await etcd.StartProcessAsync();
            return etcd;
        }
        catch
        {
            await etcd.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc cref="BackingProcess.Kill"/>
    public void Kill() => _process.Kill();

    /// <inheritdoc cref="BackingProcess.Pause"/>
    public void Pause() => _process.Pause();

    /// <inheritdoc cref="BackingProcess.Resume"/>
    public void Resume() => _process.Resume();

    /// <summary>Starts it again on the same port and data; kills it first if it still runs.</summary>
    public Task RestartAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        return StartProcessAsync();
    }

    /// <summary>Starts it again on the same port without its data, as a container without a volume comes back.</summary>
    public Task RestartEmptyAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        Directory.Delete(DataFolder, recursive: true);
        return StartProcessAsync();
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    internal Task StartProcessAsync()
    {
        if (RuntimeInformation.OSArchitecture == Architecture.Arm64)
            Environment.SetEnvironmentVariable("ETCD_UNSUPPORTED_ARCH", "arm64");
        return _process.StartAsync(Arguments(), IsHealthyAsync);
    }

    private IEnumerable<string> Arguments() =>
    [
        .. Alone ? SwiftElections : [],
        "--name", _name,
        "--data-dir", DataFolder,
        "--listen-client-urls", Endpoint,
        "--advertise-client-urls", Endpoint,
        "--listen-peer-urls", $"http://127.0.0.1:{_peerPort}",
        "--initial-advertise-peer-urls", $"http://127.0.0.1:{_peerPort}",
        "--initial-cluster", InitialCluster,
        "--initial-cluster-state", "new",
        "--initial-cluster-token", "pubsub-tests",
    ];

    // Healthy means that there is a leader and a proposal goes through, so the first call of a test will.
    private async Task<bool> IsHealthyAsync()
    {
        try
        {
            using var answer = await Http.GetAsync($"{Endpoint}/health");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
