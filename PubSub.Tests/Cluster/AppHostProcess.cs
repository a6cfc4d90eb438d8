using System.Diagnostics;
using System.Text;
using PubSub.LocalTools;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>The AppHost as a person starts it: a process of its own, whose processes can be told by a mark.</summary>
internal sealed class AppHostProcess : IAsyncDisposable
{
    private const string MarkName = "PUBSUB_TEST_MARK";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly StringBuilder _output = new();
    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly Process _process;

    public AppHostProcess(IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        var output = Path.GetRelativePath(Path.Combine(Repository.Root, "PubSub.Tests"), AppContext.BaseDirectory.TrimEnd('/'));
        var program = Path.Combine(Repository.Root, "PubSub.AppHost", output, "PubSub.AppHost.dll");
        // env: where the tests run in the background SIGINT is ignored, and a child that inherits that hears no Ctrl+C.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(program),
        };
        start.Environment[MarkName] = _mark;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        _process = ChildProcess.Start(start);
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string[] OnFreePorts => ["--DcpPublisher:RandomizePorts=true"];

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public int Id => _process.Id;

    /// <summary>The AppHost and all that it has started and still runs.</summary>
    public IReadOnlyList<Process> Family =>
        [_process, .. Process.GetProcesses().Where(process => MarkedProcesses.ParentOf(process.Id) == _process.Id)];

    /// <summary>How many processes of this run are still there; redis-server writes over its environment and is not found.</summary>
    public int Processes => MarkedProcesses.With(MarkName, _mark).Count;

    public Task UntilItPrintsAsync(string text) => Wait.UntilAsync(
        () => _process.HasExited
            ? throw new InvalidOperationException($"The AppHost ended with exit code {_process.ExitCode}:\n{Output}")
            : Output.Contains(text, StringComparison.Ordinal),
        $"the AppHost to print '{text}'; so far:\n{Output}",
        AppHostFixture.Patience);

    public async Task<int> ExitCodeAsync()
    {
        // On a machine with twenty times the work it can do the whole graph stops within 10 s. A resource that had to be
        // killed after its 25 s is a fault.
        // The end of its output counts too: what it printed last may still be on the way.
        await Wait.ForAsync(_process.WaitForExitAsync(), $"the AppHost to end; it printed:\n{Output}", Patience);
        return _process.ExitCode;
    }

    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_output)
            _output.AppendLine(line);
    }
}
