using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using PubSub.ConnectNode.Sockets.Deflate;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Unit.ConnectNode;

namespace PubSub.Tests.Integration.Clients;

/// <summary>SPEC.md section 13 with the implementations of others: the framework's own client, and Chromium.</summary>
public sealed class ClientsTalkDeflated(Browser browser) : IClassFixture<Browser>
{
    // Refers back as far as any window allows: the same three kilobytes again and again.
    private static readonly string Text = string.Concat(Enumerable.Repeat(
        string.Concat(Enumerable.Range(0, 3000).Select(static i => (char)('a' + (i * i * 31L % 26)))), 12));

    [Theory]
    [InlineData(15, true)]
    [InlineData(15, false)]
    [InlineData(12, true)]
    [InlineData(10, true)]
    [InlineData(9, true)]
    [InlineData(9, false)]
    public async Task The_frameworks_client_with_any_window(int bits, bool onBareSockets)
    {
        await using var node = await StartAsync(onBareSockets);
        foreach (var codec in new[] { FrameCodec.Json, FrameCodec.Protobuf })
        {
            using var client = new ClientWebSocket();
            client.Options.AddSubProtocol(codec.Subprotocol);
            client.Options.DangerousDeflateOptions = new WebSocketDeflateOptions { ServerMaxWindowBits = bits, ClientMaxWindowBits = bits };
            using var patience = new CancellationTokenSource(Wait.Patience);
            await client.ConnectAsync(new Uri($"ws://127.0.0.1:{node.Port}/ws?user_id=u1&room_id=r{bits}"), patience.Token);
            await ReadAsync(client, codec, static frame => frame.Joined is not null, patience.Token);

            var before = Counts(node).Deliveries;
            node.Deliver(node.Upstream.Append($"room:r{bits}", Text));
            var told = await ReadAsync(client, codec, static frame => frame.ServerMessages is not null, patience.Token);
            Assert.Equal(Text, told.ServerMessages.Messages[0].Data);
            await Wait.UntilAsync(() => Counts(node).Deliveries == before + 1, "the message to have come deflated");

            await client.SendAsync(Ping(codec), codec.IsText ? WebSocketMessageType.Text : WebSocketMessageType.Binary, true, patience.Token);
            Assert.Equal("1", (await ReadAsync(client, codec, static frame => frame.Pong is not null, patience.Token)).Id);
            await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "", patience.Token);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_browser_by_itself(bool onBareSockets)
    {
        await using var node = await StartAsync(onBareSockets);
        var page = await browser.NewPageAsync();
        await page.EvaluateAsync(
            """
            url => new Promise((resolve, reject) => {
                window.taken = [];
                window.socket = new WebSocket(url);
                socket.onmessage = event => {
                    taken.push(JSON.parse(event.data));
                    if (taken.at(-1).type === "joined") resolve();
                };
                socket.onclose = event => reject(new Error("closed with " + event.code));
            })
            """,
            $"ws://127.0.0.1:{node.Port}/ws?user_id=u1&room_id=r");
        Assert.Equal("permessage-deflate; server_no_context_takeover; client_no_context_takeover", await page.EvaluateAsync<string>("socket.extensions"));

        for (var i = 0; i < 2; i++)
        {
            node.Deliver(node.Upstream.Append("room:r", Text));
            await page.EvaluateAsync("""socket.send(JSON.stringify({type: "ping", id: "again and again and again and again"}))""");
        }

        await page.WaitForFunctionAsync("""taken.filter(frame => frame.type === "serverMessages").length + taken.filter(frame => frame.type === "pong").length === 4""");
        var texts = await page.EvaluateAsync<JsonElement>("""taken.filter(frame => frame.type === "serverMessages").flatMap(frame => frame.payload.messages.map(message => message.data))""");
        Assert.Equal([Text, Text], texts.EnumerateArray().Select(static text => text.GetString()));
        Assert.Equal(2, Counts(node).Deliveries);
        await page.Context.CloseAsync();
    }

    private static Task<NodeHost> StartAsync(bool onBareSockets) => NodeHost.StartAsync(options =>
    {
        options.LeanSockets = onBareSockets;
        options.Deflate = true;
    });

    private static DeflateCounts Counts(NodeHost node) => ((Deflation)node.Services.GetService(typeof(Deflation))!).Counts;

    private static byte[] Ping(FrameCodec codec) => codec.IsText
        ? Encoding.UTF8.GetBytes("""{"type":"ping","id":"1"}""" + new string(' ', 5000))
        : Google.Protobuf.MessageExtensions.ToByteArray(new ClientEnvelope { Id = "1", Ping = new Ping() });

    private static async Task<ServerEnvelope> ReadAsync(ClientWebSocket client, FrameCodec codec, Predicate<ServerEnvelope> isIt, CancellationToken cancellationToken)
    {
        var buffer = new byte[100];
        while (true)
        {
            using var message = new MemoryStream();
            ValueWebSocketReceiveResult result;
            do
            {
                // In small pieces, so that the client has to look back into its window.
                result = await client.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                Assert.NotEqual(WebSocketMessageType.Close, result.MessageType);
                message.Write(buffer, 0, result.Count);
            }
            while (!result.EndOfMessage);

            if (codec.DecodeServer(message.ToArray()) is var frame && isIt(frame))
                return frame;
        }
    }
}
