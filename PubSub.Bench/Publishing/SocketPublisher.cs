using System.Net;
using System.Net.Sockets;
using PubSub.Bench.Load;

namespace PubSub.Bench.Publishing;

/// <summary>By a WebSocket of its own: what a client of SignalR, or of the plain loop, would do.</summary>
internal sealed class SocketPublisher : IPublisher
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Func<Outgoing, string> _frame;
    private readonly CancellationTokenSource _stopping = new();

    private SocketPublisher(Func<Outgoing, string> frame) => _frame = frame;

    public static Task<SocketPublisher> SignalRAsync(int port) => OpenAsync(
        port, "/hub", "{\"protocol\":\"json\",\"version\":1}\u001e",
        static message => $$"""{"type":1,"target":"Push","arguments":["{{Dialect.RoomOf(message.Stream)}}","{{message.Data}}"]}""" + "\u001e");

    public static Task<SocketPublisher> PlainAsync(int port) => OpenAsync(port, "/publish", null, static message => message.Data);

    public async Task PublishAsync(IReadOnlyList<Outgoing> messages)
    {
        var bytes = messages.SelectMany(message => MaskedFrame.OfText(_frame(message))).ToArray();
        for (var sent = 0; sent < bytes.Length;)
            sent += await _socket.SendAsync(bytes.AsMemory(sent));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        _stopping.Dispose();
    }

    private static async Task<SocketPublisher> OpenAsync(int port, string path, string? hello, Func<Outgoing, string> frame)
    {
        var publisher = new SocketPublisher(frame);
        await publisher._socket.ConnectAsync(IPAddress.Loopback, port);
        await publisher._socket.SendAsync(LoadMessage.Ascii(
            $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
        var answer = new byte[4096];
        await publisher._socket.ReceiveAsync(answer);
        if (hello is not null)
            await publisher._socket.SendAsync(MaskedFrame.OfText(hello));
        _ = publisher.DiscardAsync();
        return publisher;
    }

    private async Task DiscardAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(buffer, _stopping.Token) > 0)
            {
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Closed from either side; what it costs shows in the deliveries.
        }
    }
}
