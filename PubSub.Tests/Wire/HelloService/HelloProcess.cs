using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using PubSub.LocalTools;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.HelloService;

/// <summary>The hello service as a process of its own, which can be told to stop and be asked how it ended.</summary>
internal sealed class HelloProcess : IAsyncDisposable
{
    public const int SigInt = 2;
    public const int SigTerm = 15;

    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Process _process;

    private HelloProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int GrpcPort { get; private set; }

    public int HttpPort { get; private set; }

    public int MetricsPort { get; private set; }

    public Uri GrpcAddress => Local(GrpcPort);

    public Uri HttpAddress => Local(HttpPort);

    public Uri MetricsAddress => Local(MetricsPort);

    public IReadOnlyCollection<string> Output => _output;

    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Starts it and waits until its doors are open.</summary>
    public static async Task<HelloProcess> StartAsync(params string[] settings)
    {
        var hello = Launch(settings);
        try
        {
            await Wait.UntilAsync(
                () => hello._process.HasExited || hello.Announcement is not null, "the hello service to open its doors");
            var ports = hello.Announcement?.Split(' ') ?? throw new InvalidOperationException(
                $"The hello service ended:\n{string.Join('\n', hello.Output.Concat(hello.Errors))}");
            (hello.GrpcPort, hello.HttpPort, hello.MetricsPort) = (Number(ports[1]), Number(ports[2]), Number(ports[3]));
            return hello;
        }
        catch
        {
            await hello.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs it to its end: for questions about settings and for settings that are wrong.</summary>
    public static async Task<(int ExitCode, string[] Output, string[] Errors)> RunAsync(params string[] arguments)
    {
        await using var hello = Launch(arguments);
        var exitCode = await hello.WaitForExitAsync();
        return (exitCode, [.. hello.Output], [.. hello.Errors]);
    }

    public void Signal(int signal)
    {
        if (kill(_process.Id, signal) != 0)
            throw new InvalidOperationException($"Signal {signal} was not delivered: errno {Marshal.GetLastPInvokeError()}.");
    }

    public Task WaitForOutputAsync(string text) => Wait.UntilAsync(
        () => _output.Any(line => line.Contains(text, StringComparison.Ordinal)), $"the hello service to print '{text}'");

    public async Task<int> WaitForExitAsync(TimeSpan? deadline = null)
    {
        await Wait.ForAsync(_process.WaitForExitAsync(), "the hello service to end", deadline);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private string? Announcement =>
        _output.FirstOrDefault(line => line.StartsWith(PortsAnnouncement.Prefix, StringComparison.Ordinal));

    private static HelloProcess Launch(string[] arguments)
    {
        // env: where the tests run in the background SIGINT is ignored, and children would inherit that.
        var start = new ProcessStartInfo(
            "env", ["--default-signal=INT", "dotnet", typeof(HelloProcess).Assembly.Location, "hello-service", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var inherited in start.Environment.Keys.Where(name => name.StartsWith("OTEL_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(inherited);
        return new HelloProcess(ChildProcess.Start(start));
    }

    private static Uri Local(int port) => new($"http://127.0.0.1:{port}");

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
            lines.Enqueue(line);
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
#pragma warning disable SYSLIB1054, IDE1006 // The name is libc's; a generated stub would ask for unsafe code in all tests.
    private static extern int kill(int processId, int signal);
#pragma warning restore SYSLIB1054, IDE1006
}
