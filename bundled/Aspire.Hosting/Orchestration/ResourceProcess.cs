using System.Diagnostics;
using System.Runtime.InteropServices;
using PubSub.LocalTools;

namespace Aspire.Hosting.Orchestration;

/// <summary>One start of a resource: a process that dies with this one, and its output.</summary>
internal sealed class ResourceProcess : IDisposable
{
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly Process? _undertaker;

    private ResourceProcess(Process process, Process? undertaker)
    {
        _process = process;
        _undertaker = undertaker;
    }

    public int Id => _process.Id;

    public int ExitCode => _process.ExitCode;

    public Task Exited => _process.WaitForExitAsync();

    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static ResourceProcess Start(LaunchPlan plan, ConsoleLog log)
    {
        var start = plan.Start!;
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;

        // In a session of its own a process does not get the terminal's Ctrl+C: this one decides who stops when.
        var process = ChildProcess.Start(start, ownSession: true);
        process.OutputDataReceived += (_, line) => Keep(log, line.Data, isError: false);
        process.ErrorDataReceived += (_, line) => Keep(log, line.Data, isError: true);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        return new ResourceProcess(process, plan.Undertaker is { } undertaker ? Process.Start(undertaker) : null);
    }

    /// <summary>Asks it to end, and ends it if it has not within that time.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        if (OperatingSystem.IsWindows())
            _process.Kill(entireProcessTree: true);
        else if (!_process.HasExited)
            _ = kill(_process.Id, SigTerm);

        using var deadline = new CancellationTokenSource(patience, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        if (_undertaker is null)
            return;
        _undertaker.StandardInput.Close();
        _undertaker.WaitForExit(TimeSpan.FromSeconds(10));
        _undertaker.Dispose();
    }

    private static void Keep(ConsoleLog log, string? line, bool isError)
    {
        if (line is not null)
            log.Add(line, isError);
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
#pragma warning disable SYSLIB1054, IDE1006 // The name is libc's; a generated stub would ask for unsafe code in the whole assembly.
    private static extern int kill(int processId, int signal);
#pragma warning restore SYSLIB1054, IDE1006
}
