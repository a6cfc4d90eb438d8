using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;
using PubSub.Tests.Infrastructure;
using PayloadCase = PubSub.Protocol.Client.ClientEnvelope.PayloadOneofCase;

namespace PubSub.Tests.Integration.Clients;

/// <summary>One client at a <see cref="ScriptedNode"/>.</summary>
internal sealed class ScriptedSession(WebSocket socket, FrameCodec codec, IQueryCollection query, Action abort)
{
    private readonly Channel<ClientEnvelope> _frames = Channel.CreateUnbounded<ClientEnvelope>();

    public IQueryCollection Query => query;

    public FrameCodec Codec => codec;

    public async Task GreetAsync(params Resumed[] channels)
    {
        var connected = new Connected { SessionId = "s", UserId = "alice", NodeId = "scripted", HeartbeatSeconds = 15 };
        connected.Channels.Add(channels);
        await SendAsync(new ServerEnvelope { Connected = connected });
    }

    public async Task<ClientEnvelope> ReceiveAsync(PayloadCase expected)
    {
        var frame = await Wait.ForAsync(_frames.Reader.ReadAsync().AsTask(), $"a {expected} frame");
        Assert.Equal(expected, frame.PayloadCase);
        return frame;
    }

    public bool HasFrame => _frames.Reader.TryPeek(out _);

    /// <summary>Takes a join and answers it.</summary>
    public async Task<Join> AnswerJoinAsync(long epoch, long offset, bool recovered = false)
    {
        var frame = await ReceiveAsync(PayloadCase.Join);
        var channel = new Resumed { Channel = $"room:{frame.Join.RoomId}", Epoch = epoch, Offset = offset, Recovered = recovered };
        await SendAsync(new ServerEnvelope { Id = frame.Id, Joined = new Joined { RoomId = frame.Join.RoomId, Channel = channel, UserCount = 1 } });
        return frame.Join;
    }

    public Task SendMessageAsync(string channel, long epoch, long offset, string? id = null) =>
        SendAsync(new ServerEnvelope
        {
            ServerMessages = new ServerMessages
            {
                Messages = { new ServerMessage { Channel = channel, Epoch = epoch, Offset = offset, Id = id ?? $"{epoch}-{offset}", Data = $"text {offset}" } },
            },
        });

    public async Task SendAsync(ServerEnvelope frame)
    {
        var bytes = new ArrayBufferWriter<byte>();
        codec.Encode(frame, bytes);
        var kind = codec.IsText ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        await socket.SendAsync(bytes.WrittenMemory, kind, endOfMessage: true, CancellationToken.None);
    }

    public Task CloseAsync(int code, string reason = "") =>
        socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, CancellationToken.None);

    /// <summary>The connection goes without a word, as when a node is killed.</summary>
    public void Abort() => abort();

    public async Task ReadAsync(CancellationToken aborted)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(length), aborted) is { MessageType: not WebSocketMessageType.Close } part)
            {
                length += part.Count;
                if (!part.EndOfMessage)
                    continue;
                _frames.Writer.TryWrite(codec.DecodeClient(buffer.AsSpan(0, length)));
                length = 0;
            }

            if (socket.State == WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", aborted);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or IOException)
        {
            // The client is gone.
        }

        _frames.Writer.TryComplete();
    }
}
