using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using PubSub.Bench.Protos;

namespace PubSub.Bench.Load;

/// <summary>Receives and sends lines as fast as it can, touching each.</summary>
internal sealed class EchoGrpcService : EchoService.EchoServiceBase
{
    private static readonly WriteOptions Buffered = new(WriteFlags.BufferHint);

    public override Task<Line> Echo(Line request, ServerCallContext context) => Task.FromResult(request);

    public override async Task<Total> Upload(IAsyncStreamReader<Line> requestStream, ServerCallContext context)
    {
        var total = new Total();
        while (await requestStream.MoveNext(context.CancellationToken))
            Count(requestStream.Current, total);
        return total;
    }

    public override async Task<Total> UploadBatches(IAsyncStreamReader<LineBatch> requestStream, ServerCallContext context)
    {
        var total = new Total();
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            foreach (var line in requestStream.Current.Lines)
                Count(line, total);
        }

        return total;
    }

    public override async Task Download(DownloadRequest request, IServerStreamWriter<Line> responseStream, ServerCallContext context)
    {
        var line = NewLine(request);
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalMilliseconds < request.DurationMs)
        {
            responseStream.WriteOptions = Buffered;
            for (var sent = 1; sent < request.Batch; sent++)
                await responseStream.WriteAsync(line);
            // The one that is not held back takes the others along.
            responseStream.WriteOptions = null;
            await responseStream.WriteAsync(line);
        }
    }

    public override async Task DownloadBatches(
        DownloadRequest request, IServerStreamWriter<LineBatch> responseStream, ServerCallContext context)
    {
        var line = NewLine(request);
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalMilliseconds < request.DurationMs)
            await responseStream.WriteAsync(BatchOf(line, request.Batch));
    }

    public static LineBatch BatchOf(Line line, int count)
    {
        var batch = new LineBatch();
        batch.Lines.Capacity = count;
        for (var added = 0; added < count; added++)
            batch.Lines.Add(line);
        return batch;
    }

    public static void Count(Line line, Total total)
    {
        total.Lines++;
        total.Bytes += line.Data.Length;
    }

    private static Line NewLine(DownloadRequest request) => new() { Data = ByteString.CopyFrom(new byte[request.LineSize]) };
}
