using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using PubSub.Bench.Protos;

namespace PubSub.Bench.Load;

/// <summary>The client side of the echo service. Streams run for a while and tell how many lines arrived.</summary>
internal sealed class GrpcEchoClient : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly EchoService.EchoServiceClient _client;
    private readonly Line _line;
    private readonly int _batch;

    public GrpcEchoClient(Uri server, int lineSize, int batch)
    {
        _channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions { HttpHandler = EchoTransport.New(), DisposeHttpClient = true });
        _client = new EchoService.EchoServiceClient(_channel);
        _line = new Line { Data = ByteString.CopyFrom(new byte[lineSize]) };
        _batch = batch;
    }

    public void Dispose() => _channel.Dispose();

    public async Task EchoAsync()
    {
        using var call = _client.EchoAsync(_line);
        var echoed = await call;
        if (echoed.Data.Length != _line.Data.Length)
            throw new InvalidDataException($"The echo has {echoed.Data.Length} bytes instead of {_line.Data.Length}.");
    }

    /// <summary>A message per write. The client of grpc-dotnet flushes each one, whatever its write options say.</summary>
    public async Task<long> UploadAsync(TimeSpan duration)
    {
        using var call = _client.Upload();
        var sent = await SendAsync(call.RequestStream, () => _line, duration);
        return Received(await call, sent);
    }

    public async Task<long> UploadBatchesAsync(TimeSpan duration)
    {
        using var call = _client.UploadBatches();
        var sent = await SendAsync(call.RequestStream, () => EchoGrpcService.BatchOf(_line, _batch), duration);
        return Received(await call, sent * _batch);
    }

    /// <summary>A message per write, with BufferHint on all but each last of a batch.</summary>
    public async Task<long> DownloadAsync(TimeSpan duration)
    {
        using var call = _client.Download(Request(duration));
        var total = new Total();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
            EchoGrpcService.Count(call.ResponseStream.Current, total);
        return total.Lines;
    }

    public async Task<long> DownloadBatchesAsync(TimeSpan duration)
    {
        using var call = _client.DownloadBatches(Request(duration));
        var total = new Total();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            foreach (var line in call.ResponseStream.Current.Lines)
                EchoGrpcService.Count(line, total);
        }

        return total.Lines;
    }

    private static async Task<long> SendAsync<T>(IClientStreamWriter<T> requests, Func<T> next, TimeSpan duration)
    {
        var sent = 0L;
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < duration; sent++)
            await requests.WriteAsync(next());
        await requests.CompleteAsync();
        return sent;
    }

    private static long Received(Total total, long sent) => total.Lines == sent
        ? total.Lines
        : throw new InvalidDataException($"The server received {total.Lines} lines of {sent}.");

    private DownloadRequest Request(TimeSpan duration) => new()
    {
        LineSize = _line.Data.Length,
        Batch = _batch,
        DurationMs = (int)duration.TotalMilliseconds,
    };
}
