using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using PubSub.Protocol.Channels;

namespace PubSub.Tests.Infrastructure;

/// <summary>One message as a client got it.</summary>
internal sealed record Delivered(string Channel, long Epoch, long Offset, string Id, string Data);

/// <summary>An answer of code <c>error</c>.</summary>
internal sealed class ClusterErrorException(int code, string message) : Exception($"error {code}: {message}")
{
    public int Code => code;
}

/// <summary>A client of the cluster over a real WebSocket: notes everything it is sent, in the order in which it came.</summary>
internal sealed class ClusterClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> _waiting = new();
    private readonly List<Delivered> _deliveries = [];
    private readonly List<JsonElement> _frames = [];
    private Task<int> _reading = null!;
    private int _requests;

    public string UserId { get; private init; } = "";

    public string SessionId { get; private set; } = "";

    /// <summary>Everything delivered so far.</summary>
    public IReadOnlyList<Delivered> Deliveries
    {
        get
        {
            lock (_deliveries)
                return [.. _deliveries];
        }
    }

    /// <summary>Whether this message is the newest of its channel, or came before it.</summary>
    public bool Received(string channel, long offset)
    {
        lock (_deliveries)
            return _deliveries.FindLast(one => one.Channel == channel)?.Offset >= offset;
    }

    /// <summary>Completes with the close code when the connection has ended; 1006 where it was cut.</summary>
    public Task<int> Closed => _reading;

    /// <summary>Connects and waits for <c>connected</c>, and for <c>joined</c> where there is a room.</summary>
    public static async Task<ClusterClient> ConnectAsync(Uri node, string userId, string roomId = "")
    {
        var client = await OpenAsync(node, userId, $"user_id={Uri.EscapeDataString(userId)}" + (roomId.Length > 0 ? $"&room_id={roomId}" : ""));
        await client.ForFrameAsync("connected");
        if (roomId.Length > 0)
            await client.ForFrameAsync("joined");
        return client;
    }

    /// <summary>Connects with any query, and waits for nothing.</summary>
    public static async Task<ClusterClient> OpenAsync(Uri node, string userId, string query)
    {
        var client = new ClusterClient { UserId = userId };
        using var deadline = new CancellationTokenSource(Wait.Patience);
        try
        {
            client._socket.Options.CollectHttpResponseDetails = true;
            await client._socket.ConnectAsync(new Uri($"{node}?{query}"), deadline.Token);
        }
        catch
        {
            client._socket.Dispose();
            throw;
        }

        client._reading = Task.Run(client.ReadAsync);
        return client;
    }

    /// <summary>The newest frame of this type that no request waited for, as soon as there is one.</summary>
    public async Task<JsonElement> ForFrameAsync(string type)
    {
        JsonElement? found = null;
        await Wait.UntilAsync(() => (found = Frame(type)) is not null || _reading.IsCompleted, $"{UserId} to get {type}", TimeSpan.FromSeconds(40));
        return found ?? Frame(type) ?? throw new InvalidOperationException($"The connection of {UserId} ended with {await _reading} before {type}.");
    }

    /// <summary>The newest frame of this type, or null.</summary>
    public JsonElement? Frame(string type)
    {
        lock (_frames)
        {
            for (var i = _frames.Count - 1; i >= 0; i--)
            {
                if (_frames[i].GetProperty("type").GetString() == type)
                    return _frames[i].GetProperty("payload");
            }
        }

        return null;
    }

    /// <summary>The answer's payload.</summary>
    public async Task<JsonElement> RequestAsync(string type, object payload)
    {
        var id = $"r{Interlocked.Increment(ref _requests)}";
        var waiting = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = waiting;
        await SendAsync(JsonSerializer.Serialize(new { type, id, payload }));
        return await Wait.ForAsync(waiting.Task, $"{UserId} to have {type} answered", TimeSpan.FromSeconds(40));
    }

    /// <summary>Joins a room; the position behind which every message comes.</summary>
    public async Task<ChannelPosition> JoinAsync(string roomId)
    {
        var joined = await RequestAsync("join", new { roomId });
        return new ChannelPosition(joined.GetProperty("epoch").GetInt64(), joined.GetProperty("offset").GetInt64());
    }

    public Task LeaveAsync(string roomId) => RequestAsync("leave", new { roomId });

    /// <summary>Writes to a room; the message's offset.</summary>
    public async Task<long> PublishAsync(string roomId, string content) =>
        (await RequestAsync("clientMessages", new { roomId, content })).GetProperty("offset").GetInt64();

    public Task PingAsync() => RequestAsync("ping", new { });

    public async Task SendAsync(string text)
    {
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    public async Task ForDeliveryAsync(string data)
    {
        await Wait.UntilAsync(() => HasReceived(data) || _reading.IsCompleted, $"{UserId} to receive '{data}'", TimeSpan.FromSeconds(40));
        if (!HasReceived(data))
            throw new InvalidOperationException($"The connection of {UserId} ended with {await _reading} before '{data}'.");
    }

    private bool HasReceived(string data)
    {
        lock (_deliveries)
            return _deliveries.Exists(one => one.Data == data);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
        _sending.Dispose();
    }

    private async Task<int> ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    var code = (int)_socket.CloseStatus!;
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return code;
                }

                message.Write(buffer, 0, received.Count);
                if (!received.EndOfMessage)
                    continue;
                Take(JsonDocument.Parse(message.ToArray()).RootElement);
                message.SetLength(0);
            }
        }
        catch (Exception cut) when (cut is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            return _socket.CloseStatus is { } code ? (int)code : 1006;
        }
    }

    private void Take(JsonElement frame)
    {
        var type = frame.GetProperty("type").GetString();
        var payload = frame.TryGetProperty("payload", out var body) ? body : default;
        if (type == "serverMessages")
        {
            lock (_deliveries)
                _deliveries.AddRange(payload.GetProperty("messages").EnumerateArray().Select(ToDelivered));
            return;
        }

        if (type == "connected")
            SessionId = payload.GetProperty("sessionId").GetString()!;
        if (frame.TryGetProperty("id", out var id) && _waiting.TryRemove(id.GetString()!, out var waiting))
        {
            if (type == "error")
                waiting.SetException(new ClusterErrorException(payload.GetProperty("code").GetInt32(), payload.GetProperty("message").GetString()!));
            else
                waiting.SetResult(payload);
            return;
        }

        lock (_frames)
            _frames.Add(frame);
    }

    private static Delivered ToDelivered(JsonElement message) => new(
        message.GetProperty("channel").GetString()!,
        message.GetProperty("epoch").GetInt64(),
        message.GetProperty("offset").GetInt64(),
        message.GetProperty("id").GetString()!,
        message.GetProperty("data").GetString()!);
}
