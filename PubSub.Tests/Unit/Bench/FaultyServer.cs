using System.Net;
using System.Net.Sockets;
using PubSub.Bench.Publishing;
using PubSub.Bench.Servers;

namespace PubSub.Tests.Unit.Bench;

/// <summary>Sends everything to everybody, as the plain loop does, but for what it is told to lose or to send late.</summary>
internal sealed class FaultyServer : IPublisher
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _subscribers = [];
    private readonly Task _accepting;
    private readonly PlainFrame _frame = new();
    private byte[] _late = [];

    public FaultyServer()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint Door => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>The first subscriber does not get the message with this number.</summary>
    public uint Lost { get; set; }

    /// <summary>The first subscriber gets this one behind the next.</summary>
    public uint Late { get; set; }

    public async Task PublishAsync(IReadOnlyList<Outgoing> messages)
    {
        foreach (var message in messages)
        {
            var frame = _frame.Of(System.Text.Encoding.ASCII.GetBytes(message.Data)).ToArray();
            foreach (var subscriber in _subscribers.Skip(1))
                await subscriber.SendAsync(frame);
            if (message.Sequence == Late)
            {
                _late = frame;
                continue;
            }

            if (message.Sequence == Lost)
                continue;
            await _subscribers[0].SendAsync((byte[])[.. frame, .. _late]);
            _late = [];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        _subscribers.ForEach(static subscriber => subscriber.Dispose());
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                // One read holds the request: it is a few hundred bytes in one segment.
                await socket.ReceiveAsync(new byte[4096]);
                _subscribers.Add(socket);
                await socket.SendAsync("HTTP/1.1 101 Switching Protocols\r\n\r\n"u8.ToArray());
            }
        }
        catch (SocketException)
        {
            // The listener was stopped.
        }
    }
}
