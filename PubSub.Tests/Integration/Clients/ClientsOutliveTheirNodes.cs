using System.Diagnostics;
using System.Text.Json;
using PubSub.Client;
using PubSub.LocalTools;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Tests.Infrastructure;
using Xunit.Abstractions;

namespace PubSub.Tests.Integration.Clients;

/// <summary>Both libraries against real processes whose nodes are killed while messages flow.</summary>
public sealed class ClientsOutliveTheirNodes(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Each_kill_costs_a_pause_but_no_repetition_no_order_and_no_untold_loss()
    {
        await using var cluster = await TestCluster.StartAsync(new TestClusterSize(Nodes: 2, PushManagers: 1, Controllers: 1));
        Uri[] nodes = [cluster.NodeUri(0), cluster.NodeUri(1)];
        RoomRecord[] records = [new(".NET with JSON"), new(".NET with Protobuf"), new("JavaScript")];
        await using var json = Client(nodes, FrameEncoding.Json, records[0]);
        await using var protobuf = Client(nodes, FrameEncoding.Protobuf, records[1]);
        using var script = await StartScriptAsync(nodes, records[2]);
        await Wait.ForAsync(json.ConnectAsync(), "the client with JSON", Patience);
        await Wait.ForAsync(protobuf.ConnectAsync(), "the client with Protobuf", Patience);
        await Wait.ForAsync(json.Room("r").JoinAsync(), "its join", Patience);
        await Wait.ForAsync(protobuf.Room("r").JoinAsync(), "its join", Patience);
        await Wait.UntilAsync(() => records[2].Joins > 0, "the JavaScript client to join", Patience);

        using var enough = new CancellationTokenSource();
        var accepted = new List<string>();
        var pushes = cluster.PushManager();
        var publishing = PublishAsync(pushes, accepted, enough.Token);
        var watch = new Stopwatch();
        for (var kill = 0; kill < 2; kill++)
        {
            // The second kill meets everybody, as all of them fled to this node.
            var victims = records.Where(record => record.NodeId == $"connect-node-{kill + 1}").ToArray();
            var joins = victims.ToDictionary(record => record, record => record.Joins);
            cluster.Nodes[kill].Kill();
            watch.Restart();
            foreach (var record in victims)
                await Wait.UntilAsync(() => record.Joins > joins[record], $"{record.Name} to be back", Patience);
            output.WriteLine($"Kill {kill + 1}: {victims.Length} clients back after {watch.Elapsed.TotalMilliseconds:0} ms.");
            if (kill == 0)
                await cluster.Nodes[kill].RestartAsync();
        }

        var own = await json.Room("r").PublishAsync("from the client");
        Assert.True(own.Offset > 0);
        await enough.CancelAsync();
        await publishing;
        await PushAsync(pushes, "last");
        foreach (var record in records)
        {
            await Wait.UntilAsync(() => record.Saw("last"), $"{record.Name} to see the last message", Patience);
            record.AssertOnceAndInOrder(accepted);
            output.WriteLine($"{record.Name}: {accepted.Count} accepted, returns recovered: {string.Join(' ', record.Returns)}");
        }

        script.StandardInput.Close();
        await Wait.ForAsync(script.WaitForExitAsync(), "the JavaScript client to end");
    }

    private static PubSubClient Client(Uri[] nodes, FrameEncoding encoding, RoomRecord record)
    {
        var client = new PubSubClient(new PubSubClientOptions { Nodes = nodes, UserId = $"reader-{encoding}", Encoding = encoding });
        record.Follow(client, client.Room("r"));
        return client;
    }

    private static async Task PublishAsync(
        PushManagerService.PushManagerServiceClient pushes, List<string> accepted, CancellationToken enough)
    {
        for (var number = 1; !enough.IsCancellationRequested; number++)
        {
            var text = $"m{number}";
            await PushAsync(pushes, text);
            accepted.Add(text);
            await Task.Delay(5, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task PushAsync(PushManagerService.PushManagerServiceClient pushes, string text)
    {
        var push = new PushToRoomRequest { RoomId = "r", Content = new Content { Type = MessageType.Text, Data = text } };
        await pushes.PushToRoomAsync(push);
    }

    private static async Task<Process> StartScriptAsync(Uri[] nodes, RoomRecord record)
    {
        var node = await LocalTool.NodeJs.LocateAsync();
        string[] arguments =
        [
            "--experimental-websocket",
            "--no-warnings",
            Path.Combine(Repository.Root, "PubSub.Tests", "Integration", "Clients", "js-reader.js"),
            new Uri(Path.Combine(Repository.Root, "clients", "js", "src", "index.js")).AbsoluteUri,
            "r",
            .. nodes.Select(uri => uri.AbsoluteUri),
        ];
        var start = node.StartInfo(arguments);
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        var process = ChildProcess.Start(start);
        process.OutputDataReceived += (_, line) => Take(record, line.Data);
        process.BeginOutputReadLine();
        return process;
    }

    private static void Take(RoomRecord record, string? line)
    {
        if (line is null)
            return;
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        if (root.TryGetProperty("state", out _))
            record.NodeId = root.TryGetProperty("nodeId", out var nodeId) ? nodeId.GetString()! : "";
        else if (root.TryGetProperty("joined", out _))
            record.Join(root.GetProperty("recovered").GetBoolean(), root.GetProperty("isFirst").GetBoolean());
        else
            record.Take(new ChannelPosition(root.GetProperty("epoch").GetInt64(), root.GetProperty("offset").GetInt64()), root.GetProperty("data").GetString()!);
    }
}
