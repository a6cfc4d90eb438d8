using System.Buffers;
using System.Net.WebSockets;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;

namespace PubSub.Client.Connecting;

/// <summary>
/// One connection to one node, from the handshake to its end: sends requests, reads frames, and finds out when the node
/// is silent. It does not come back; <see cref="PubSubClient"/> makes the next one.
/// </summary>
internal sealed class Connection : IDisposable
{
    private const int FirstBuffer = 16 * 1024;
    private const int LargestKeptBuffer = 256 * 1024;

    // Below the node's own bound (MAX_REQUESTS_IN_FLIGHT); more callers wait for their turn.
    private readonly SemaphoreSlim _inFlight = new(128);
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _ended = new();
    private readonly Requests _requests = new();
    private readonly ClientWebSocket _socket = new();
    private readonly PubSubClientOptions _options;
    private readonly FrameCodec _codec;
    private Ending? _ending;
    private Ending? _advice;
    private long _lastReceived;

    public Connection(PubSubClientOptions options)
    {
        _options = options;
        _codec = options.Encoding == FrameEncoding.Json ? FrameCodec.Json : FrameCodec.Protobuf;
        _socket.Options.AddSubProtocol(_codec.Subprotocol);
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
        _socket.Options.CollectHttpResponseDetails = true;
        options.ConfigureSocket?.Invoke(_socket.Options);
    }

    /// <summary>An error that answers no request.</summary>
    public Action<PubSubException>? UnaskedError { get; init; }

    /// <exception cref="ConnectionEndedException">The node is not there or does not take us.</exception>
    public async Task OpenAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            await _socket.ConnectAsync(address, cancellationToken);
            _lastReceived = _options.Time.GetTimestamp();
        }
        catch (WebSocketException error)
        {
            var reason = error.InnerException?.Message ?? error.Message;
            throw new ConnectionEndedException(Ending.Refused((int)_socket.HttpStatusCode, RetryAfter(), reason), error);
        }
    }

    /// <summary>Reads until the end. <paramref name="take"/> is called for each frame, in order.</summary>
    public async Task<Ending> RunAsync(Action<ServerEnvelope> take)
    {
        try
        {
            await ReadAsync(take);
        }
        catch (ProtocolViolationException error)
        {
            End(Ending.Lost("the node sent what is not of this protocol: " + error.Message));
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            End(Ending.Lost(error.Message));
        }
        finally
        {
            // Whatever threw: nobody waits for an answer that cannot come.
            End(Ending.Lost("the connection failed"));
        }

        return _ending!;
    }

    public void End(Ending ending)
    {
        if (Interlocked.CompareExchange(ref _ending, _advice ?? ending, null) is not null)
            return;
        _requests.FailAll(_ending);
        _ended.Cancel();
        _socket.Abort();
    }

    /// <summary>Watches for silence from here on; SPEC.md section 7.</summary>
    public async Task BeatAsync(TimeSpan heartbeat)
    {
        var time = _options.Time;
        var asked = false;
        while (!_ended.IsCancellationRequested)
        {
            var silent = time.GetElapsedTime(Volatile.Read(ref _lastReceived));
            asked &= silent >= heartbeat;
            if (silent >= heartbeat + _options.PongTimeout)
            {
                End(Ending.Lost($"the node was silent for {silent.TotalSeconds:0.#} s"));
                return;
            }

            if (silent >= heartbeat && !asked)
            {
                asked = true;
                // Not awaited: towards a hung node it may never leave.
                _ = SendQuietlyAsync(new ClientEnvelope { Ping = new Ping() });
            }

            var pause = asked ? heartbeat + _options.PongTimeout - silent : heartbeat - silent;
            await Task.Delay(pause, time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <exception cref="PubSubException">The node refused the request.</exception>
    /// <exception cref="ConnectionEndedException">The connection ended before the answer.</exception>
    public async Task<ServerEnvelope> RequestAsync(ClientEnvelope frame, CancellationToken cancellationToken)
    {
        await _inFlight.WaitAsync(cancellationToken);
        var (id, answer) = _requests.Open();
        try
        {
            frame.Id = id;
            await SendAsync(frame);
            return await answer.WaitAsync(cancellationToken);
        }
        finally
        {
            _requests.Forget(id);
            _inFlight.Release();
        }
    }

    /// <summary>Says goodbye; the node's answer ends the reading.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            _advice = new Ending(1000, "closed by the app", false);
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
            await Task.Delay(Timeout.Infinite, _ended.Token).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is gone already.
        }

        End(Ending.Lost("closed by the app"));
    }

    public void Dispose()
    {
        End(Ending.Lost("closed"));
        _socket.Dispose();
    }

    private async Task ReadAsync(Action<ServerEnvelope> take)
    {
        var buffer = new ArrayBufferWriter<byte>(FirstBuffer);
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer.GetMemory(FirstBuffer), _ended.Token);
            Volatile.Write(ref _lastReceived, _options.Time.GetTimestamp());
            if (part.MessageType == WebSocketMessageType.Close)
            {
                var code = (int)(_socket.CloseStatus ?? 0);
                End(Ending.ClosedWith(code == 1005 ? 0 : code, _socket.CloseStatusDescription ?? ""));
                return;
            }

            buffer.Advance(part.Count);
            if (buffer.WrittenCount > _options.MaxFrameBytes)
            {
                End(Ending.Lost($"the node sent a frame of more than {_options.MaxFrameBytes} bytes (MaxFrameBytes)"));
                return;
            }

            if (!part.EndOfMessage)
                continue;
            Take(_codec.DecodeServer(buffer.WrittenSpan), take);
            if (buffer.Capacity > LargestKeptBuffer)
                buffer = new ArrayBufferWriter<byte>(FirstBuffer);
            else
                buffer.ResetWrittenCount();
        }
    }

    private void Take(ServerEnvelope frame, Action<ServerEnvelope> take)
    {
        if (frame.Disconnect is { } advice)
            _advice ??= Ending.Advised(advice.Code, advice.Reason, advice.RetryAfterMs);
        // The client first: whoever waited for the answer finds done what the frame says.
        take(frame);
        var answered = _requests.TryAnswer(frame);
        if (frame.Error is { } error && !answered && frame.Id.Length == 0)
            UnaskedError?.Invoke(Requests.Refusal(error));
    }

    private async Task SendAsync(ClientEnvelope frame)
    {
        var bytes = new ArrayBufferWriter<byte>();
        _codec.Encode(frame, bytes);
        try
        {
            await _sending.WaitAsync(_ended.Token);
            try
            {
                var kind = _codec.IsText ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
                await _socket.SendAsync(bytes.WrittenMemory, kind, endOfMessage: true, _ended.Token);
            }
            finally
            {
                _sending.Release();
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The reading side learns of the end by itself, and may find the node's advice still.
            throw new ConnectionEndedException(Ending.Lost("the connection ended"), error);
        }
    }

    private async Task SendQuietlyAsync(ClientEnvelope frame)
    {
        try
        {
            await SendAsync(frame);
        }
        catch (ConnectionEndedException)
        {
            // The reader says so too.
        }
    }

    private TimeSpan RetryAfter() =>
        _socket.HttpResponseHeaders?.FirstOrDefault(header => header.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value is { } values
        && int.TryParse(values.FirstOrDefault(), out var seconds) && seconds > 0 ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
}
