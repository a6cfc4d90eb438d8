using System.Text.Json;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>A client that comes back, and what it sees in one channel.</summary>
internal sealed class ReturningClient : IDisposable
{
    private readonly RawWebSocket _socket;

    private ReturningClient(RawWebSocket socket, string channel)
    {
        _socket = socket;
        Channel = channel;
    }

    public string Channel { get; }

    /// <summary>What the node told of the channel's start.</summary>
    public JsonElement Start { get; private set; }

    public bool Recovered => Start.GetProperty("recovered").GetBoolean();

    public long StartOffset => Start.GetProperty("offset").GetInt64();

    public List<long> Offsets { get; } = [];

    public RawWebSocket Socket => _socket;

    /// <summary>Joins a room with the position that it has.</summary>
    public static async Task<ReturningClient> JoinAsync(int port, string room, long offset, long epoch = MemoryUpstream.Epoch, string user = "u1")
    {
        var client = new ReturningClient(await RawWebSocket.OpenAsync(port, $"user_id={user}"), $"room:{room}");
        await client._socket.ReadAsync("connected");
        await client._socket.SendTextAsync(
            $$$"""{"type":"join","id":"j","payload":{"roomId":"{{{room}}}","position":{"epoch":{{{epoch}}},"offset":{{{offset}}} } }}""");
        client.Start = (await client._socket.ReadAsync("joined")).GetProperty("payload");
        return client;
    }

    /// <summary>Connects and looks at one of the channels that every session has; hands no position in.</summary>
    public static async Task<ReturningClient> ConnectAsync(int port, string query, string channel, string? connectFrame = null)
    {
        var client = new ReturningClient(await RawWebSocket.OpenAsync(port, query), channel);
        if (connectFrame is not null)
            await client._socket.SendTextAsync(connectFrame);
        var connected = (await client._socket.ReadAsync("connected")).GetProperty("payload");
        client.Start = connected.GetProperty("channels").EnumerateArray().Single(start => start.GetProperty("channel").GetString() == channel);
        return client;
    }

    /// <summary>Reads until it has this many messages of its channel, or this offset.</summary>
    public async Task<IReadOnlyList<long>> ReadToAsync(long offset)
    {
        while (Offsets.Count == 0 || Offsets[^1] < offset)
        {
            var frame = await _socket.ReadAsync("serverMessages");
            foreach (var message in frame.GetProperty("payload").GetProperty("messages").EnumerateArray())
            {
                if (message.GetProperty("channel").GetString() == Channel)
                    Offsets.Add(message.GetProperty("offset").GetInt64());
            }
        }

        return Offsets;
    }

    /// <summary>The agreed end, from the client's side.</summary>
    public async Task CloseAsync()
    {
        await _socket.SendFrameAsync(0x88, 0x03, 0xe8);
        await _socket.ReadCloseAsync();
    }

    public void Dispose() => _socket.Dispose();
}
