using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using PubSub.LocalTools;

namespace PubSub.Bench.Load;

/// <summary>
/// The server side of a scenario: this program in a process of its own, so that its processor time can be told from that of
/// the load. It stops when its input ends, hence also when the load is killed.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    private ServerProcess(Process process, int port)
    {
        Process = process;
        Port = port;
    }

    public Process Process { get; }

    public int Port { get; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <param name="command">Which server; it prints its port when it listens.</param>
    /// <param name="serverGc">As web applications have it unless they say otherwise.</param>
    public static async Task<ServerProcess> StartAsync(string command, bool serverGc = false)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(Assembly.GetExecutingAssembly().Location);
        start.ArgumentList.Add(command);
        if (serverGc)
            start.Environment["DOTNET_gcServer"] = "1";

        var process = ChildProcess.Start(start);
        var port = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The server process ended before it listened; its complaint is above.");
        return new ServerProcess(process, int.Parse(port, CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        Process.StandardInput.Close();
        if (!Process.WaitForExit(5000))
            Process.Kill();
        Process.Dispose();
    }
}
