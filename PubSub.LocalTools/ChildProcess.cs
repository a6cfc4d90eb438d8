using System.Collections.Concurrent;
using System.ComponentModel;
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
    private static readonly Lazy<string?> SetPriv = new(() => OnLinux("setpriv"));
    private static readonly Lazy<string?> SetSid = new(() => OnLinux("setsid"));
    private static readonly Lazy<BlockingCollection<Action>> Starts = new(StartThread);

    /// <param name="start">What to start.</param>
    /// <param name="ownSession">Signals of the terminal, such as Ctrl+C, do not reach it; same process id all the same.</param>
    /// <exception cref="Win32Exception">The program cannot be started.</exception>
    public static Process Start(ProcessStartInfo start, bool ownSession = false)
    {
        ArgumentNullException.ThrowIfNull(start);
        if (SetPriv.Value is not null && !CanStart(start.FileName))
            throw new Win32Exception(2, $"There is no program {start.FileName}.");
        var tied = SetPriv.Value is { } setpriv ? TieToParent(start, setpriv, ownSession ? SetSid.Value : null) : start;

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

    // setpriv would start and then fail, which looks like a program that ended.
    private static bool CanStart(string program) =>
        program.Contains('/', StringComparison.Ordinal) ? File.Exists(program) : SearchPath.Find(program) is not null;

    private static string? OnLinux(string program) => OperatingSystem.IsLinux() ? SearchPath.Find(program) : null;

    private static ProcessStartInfo TieToParent(ProcessStartInfo start, string setpriv, string? setsid)
    {
        string[] tie = ["--pdeathsig", "KILL", "--", start.FileName, .. start.ArgumentList];
        var tied = setsid is null ? new ProcessStartInfo(setpriv, tie) : new ProcessStartInfo(setsid, [setpriv, .. tie]);
        Copy(start, tied);
        return tied;
    }

    private static void Copy(ProcessStartInfo start, ProcessStartInfo tied)
    {
        tied.UseShellExecute = false;
        tied.WorkingDirectory = start.WorkingDirectory;
        tied.RedirectStandardInput = start.RedirectStandardInput;
        tied.RedirectStandardOutput = start.RedirectStandardOutput;
        tied.RedirectStandardError = start.RedirectStandardError;
        tied.Environment.Clear();
        foreach (var (name, value) in start.Environment)
            tied.Environment[name] = value;
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
