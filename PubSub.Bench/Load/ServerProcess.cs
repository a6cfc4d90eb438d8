using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace PubSub.Bench.Load;

/// <summary>
/// The server side of a scenario: this program in a process of its own, so that its processor time can be told from that of
/// the load. It stops when its input ends, hence also when the load is killed.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    public const string Command = "serve-echo";

    private ServerProcess(Process process, int port)
    {
        Process = process;
        Address = new Uri($"http://127.0.0.1:{port}");
    }

    public Process Process { get; }

    public Uri Address { get; }

    public static async Task<ServerProcess> StartAsync()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        start.ArgumentList.Add(Command);

        var process = Process.Start(start) ?? throw new InvalidOperationException("The server process did not start.");
        var port = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The server process ended before it listened; its complaint is above.");
        return new ServerProcess(process, int.Parse(port, CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        Process.StandardInput.Close();
        Process.WaitForExit();
        Process.Dispose();
    }
}
