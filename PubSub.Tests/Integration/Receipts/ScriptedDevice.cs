using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using PubSub.LocalTools;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Receipts;

/// <summary>A device that runs clients/js and acknowledges each message of its user.</summary>
internal sealed class ScriptedDevice : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _acked = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;

    private ScriptedDevice(Process process) => _process = process;

    public IReadOnlyCollection<string> Acked => _acked;

    public static async Task<ScriptedDevice> StartAsync(string user, string device, params Uri[] nodes)
    {
        var node = await LocalTool.NodeJs.LocateAsync();
        string[] arguments =
        [
            "--experimental-websocket",
            "--no-warnings",
            Path.Combine(Repository.Root, "PubSub.Tests", "Integration", "Receipts", "js-acker.js"),
            new Uri(Path.Combine(Repository.Root, "clients", "js", "src", "index.js")).AbsoluteUri,
            user,
            device,
            .. nodes.Select(uri => uri.AbsoluteUri),
        ];
        var start = node.StartInfo(arguments);
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        var script = new ScriptedDevice(ChildProcess.Start(start));
        script._process.OutputDataReceived += (_, line) => script.Take(line.Data);
        script._process.BeginOutputReadLine();
        await Wait.ForAsync(script._connected.Task, "the JavaScript client to connect", TimeSpan.FromSeconds(60));
        return script;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await Wait.ForAsync(_process.WaitForExitAsync(), "the JavaScript client to end");
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        using var json = JsonDocument.Parse(line);
        if (json.RootElement.TryGetProperty("acked", out var text))
            _acked.Enqueue(text.GetString()!);
        else
            _connected.TrySetResult();
    }
}
