using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using PubSub.LocalTools;

namespace PubSub.Tests.Infrastructure;

/// <summary>
/// A server process of others with a data folder of its own: can be killed, paused and started again on the same data.
/// It dies with the test host, however that ends, and takes its folder along when it is disposed.
/// </summary>
internal sealed class BackingProcess : IAsyncDisposable
{
    private const int SigCont = 18;
    private const int SigStop = 19;
    private const int LinesKept = 100;

    private readonly ToolCommand _tool;
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;

    public BackingProcess(ToolCommand tool, string name)
    {
        _tool = tool;
        Name = name;
        DataFolder = Directory.CreateTempSubdirectory($"pubsub-{name}-").FullName;
    }

    public string Name { get; }

    public string DataFolder { get; }

    public int Id => Running.Id;

    public bool HasExited => Running.HasExited;

    private Process Running => _process ?? throw new InvalidOperationException($"{Name} was not started.");

    /// <summary>Starts the program and waits until it answers <paramref name="isReady"/>.</summary>
    public async Task StartAsync(IEnumerable<string> arguments, Func<Task<bool>> isReady, TimeSpan? patience = null)
    {
        var start = _tool.StartInfo(arguments);
        start.WorkingDirectory = DataFolder;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;

        _process?.Dispose();
        _process = ChildProcess.Start(start);
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        try
        {
            await Wait.UntilAsync(() => HasExited ? Task.FromResult(true) : isReady(), $"{Name} to answer", patience);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{e.Message} It printed:\n{Output}", e);
        }

        if (HasExited)
        {
            await _process.WaitForExitAsync();
            throw new InvalidOperationException($"{Name} ended with exit code {_process.ExitCode}. It printed:\n{Output}");
        }
    }

    /// <summary>The last lines that the process printed.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>SIGKILL; returns when the process is gone and its port is free.</summary>
    public void Kill()
    {
        Running.Kill();
        Running.WaitForExit();
    }

    /// <summary>SIGSTOP: connections stay open, nothing is answered. Returns when no thread runs any more.</summary>
    public void Pause()
    {
        Signal(SigStop);
        while (!Directory.EnumerateDirectories($"/proc/{Running.Id}/task").All(IsStopped))
            Thread.Yield();
    }

    /// <summary>SIGCONT.</summary>
    public void Resume() => Signal(SigCont);

    public ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            if (!process.HasExited)
                Kill();
            process.Dispose();
            _process = null;
        }

        Directory.Delete(DataFolder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private void Signal(int signal)
    {
        if (kill(Running.Id, signal) != 0)
            throw new InvalidOperationException($"Signal {signal} did not reach {Name}: errno {Marshal.GetLastPInvokeError()}.");
    }

    // The state is the field behind the name, which stands in parentheses and may hold anything.
    private static bool IsStopped(string thread)
    {
        var status = File.ReadAllText(Path.Combine(thread, "stat"));
        return status[status.LastIndexOf(')') + 2] is 'T' or 't';
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        while (_output.Count > LinesKept)
            _output.TryDequeue(out _);
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
#pragma warning disable SYSLIB1054, IDE1006 // The name is libc's; a generated stub would ask for unsafe code in all tests.
    private static extern int kill(int processId, int signal);
#pragma warning restore SYSLIB1054, IDE1006
}
