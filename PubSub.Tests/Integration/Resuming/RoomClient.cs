using System.Net.Sockets;
using PubSub.Protocol.Channels;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Resuming;

/// <summary>A client in one room that keeps its position, as SPEC.md 5.3 wants it, and remembers all that it saw.</summary>
internal sealed class RoomClient(string user, string room) : IDisposable
{
    private readonly List<long> _offsets = [];
    private RawWebSocket? _socket;
    private ChannelPosition _position;

    public bool Recovered { get; private set; }

    public ChannelPosition Position
    {
        get
        {
            lock (_offsets)
                return _position;
        }
    }

    public IReadOnlyList<long> Offsets
    {
        get
        {
            lock (_offsets)
                return [.. _offsets];
        }
    }

    public async Task ComeAsync(int port)
    {
        _socket?.Dispose();
        _socket = await RawWebSocket.OpenAsync(port, $"user_id={user}&room_id={room}&resume=1");
        var (epoch, offset) = Position;
        await _socket.SendTextAsync(
            $$$"""{"type":"connect","payload":{"positions":[{"channel":"room:{{{room}}}","epoch":{{{epoch}}},"offset":{{{offset}}} }]}}""");
        var joined = (await _socket.ReadAsync("joined")).GetProperty("payload");
        Recovered = joined.GetProperty("recovered").GetBoolean();
        lock (_offsets)
            _position = new ChannelPosition(joined.GetProperty("epoch").GetInt64(), joined.GetProperty("offset").GetInt64());
    }

    public async Task ReadUntilLostAsync()
    {
        try
        {
            while (true)
                await ReadAsync();
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The node is gone, or the test is done with it.
        }
    }

    public void Dispose() => _socket?.Dispose();

    private async Task ReadAsync()
    {
        var frame = await _socket!.ReadAsync("serverMessages");
        foreach (var message in frame.GetProperty("payload").GetProperty("messages").EnumerateArray())
        {
            if (message.GetProperty("channel").GetString() != $"room:{room}")
                continue;
            lock (_offsets)
            {
                _position = new ChannelPosition(message.GetProperty("epoch").GetInt64(), message.GetProperty("offset").GetInt64());
                _offsets.Add(_position.Offset);
            }
        }
    }
}
