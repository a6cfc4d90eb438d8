using System.Collections.Concurrent;
using System.Diagnostics;

namespace PubSub.LocalTools;

/// <summary>
/// Starts processes that do not outlive this one, not even when it is killed. On Linux the kernel sees to that: setpriv
/// asks for a SIGKILL at the parent's death before it becomes the program (same process id).
/// </summary>
/// <remarks>
/// The kernel takes "parent" to be the thread that forked. Pool threads come and go, so one thread that lives as long as
/// the process does all the starting.
/// </remarks>
public static class ChildProcess
{
    private static readonly Lazy<string?> SetPriv = new(() => OperatingSystem.IsLinux() ? SearchPath.Find("setpriv") : null);
    private static readonly Lazy<BlockingCollection<Action>> Starts = new(StartThread);

    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var tied = SetPriv.Value is { } setpriv ? TieToParent(start, setpriv) : start;

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Value.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(tied) ?? throw new InvalidOperationException($"{start.FileName} did not start."));
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    private static ProcessStartInfo TieToParent(ProcessStartInfo start, string setpriv)
    {
        var tied = new ProcessStartInfo(setpriv, ["--pdeathsig", "KILL", "--", start.FileName, .. start.ArgumentList])
        {
            UseShellExecute = false,
            WorkingDirectory = start.WorkingDirectory,
            RedirectStandardInput = start.RedirectStandardInput,
            RedirectStandardOutput = start.RedirectStandardOutput,
            RedirectStandardError = start.RedirectStandardError,
        };
        tied.Environment.Clear();
        foreach (var (name, value) in start.Environment)
            tied.Environment[name] = value;
        return tied;
    }

    private static BlockingCollection<Action> StartThread()
    {
        var starts = new BlockingCollection<Action>();
        var thread = new Thread(() =>
        {
            foreach (var start in starts.GetConsumingEnumerable())
                start();
        })
        { IsBackground = true, Name = "child processes" };
        thread.Start();
        return starts;
    }
}
