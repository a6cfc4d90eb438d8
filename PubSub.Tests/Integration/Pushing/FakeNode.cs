using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

internal enum NodeManner
{
    /// <summary>Takes everything and acknowledges each batch; every delivery reaches two sessions.</summary>
    Acknowledges,

    /// <summary>Takes everything and never says so.</summary>
    TakesWithoutAcks,

    /// <summary>Opens the stream and reads nothing.</summary>
    Stalls,

    /// <summary>Does not take the stream, and says so.</summary>
    Refuses,

    /// <summary>Neither takes the stream nor refuses it.</summary>
    SaysNothing,
}

/// <summary>The receiving end of a link: a real gRPC server that notes what it was sent.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    public const int SessionsPerDelivery = 2;

    private readonly ConcurrentQueue<Delivery> _deliveries = new();
    private readonly ConcurrentQueue<int> _batchSizes = new();
    private WebApplication? _server;
    private int _streams;
    private int _completed;

    private FakeNode(string id)
    {
        Id = id;
        Port = FreePort.Next();
    }

    public string Id { get; }

    public int Port { get; }

    /// <summary>May change while a stream is open.</summary>
    public volatile NodeManner Manner;

    public IReadOnlyList<Delivery> Deliveries => [.. _deliveries];

    public IReadOnlyList<string> Messages =>
        [.. _deliveries.Where(one => one.WhatCase is Delivery.WhatOneofCase.Message).Select(one => one.Message.Content.Data)];

    public IReadOnlyList<Gap> Gaps =>
        [.. _deliveries.Where(one => one.WhatCase is Delivery.WhatOneofCase.Gap).Select(one => one.Gap)];

    public IReadOnlyList<int> BatchSizes => [.. _batchSizes];

    /// <summary>Streams that were opened so far.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Streams that the push manager ended in good order.</summary>
    public int Completed => Volatile.Read(ref _completed);

    public static async Task<FakeNode> StartAsync(string id, NodeManner manner = NodeManner.Acknowledges)
    {
        var node = new FakeNode(id) { Manner = manner };
        await node.StartServerAsync();
        return node;
    }

    public async Task StartServerAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(Port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        builder.Services.AddSingleton<Door>();
        _server = builder.Build();
        _server.MapGrpcService<Door>();
        await _server.StartAsync();
    }

    /// <summary>All its streams break, as when the process is killed.</summary>
    public async Task KillAsync()
    {
        if (_server is null)
            return;
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _server = null;
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private sealed class Door(FakeNode node) : ConnectNodeService.ConnectNodeServiceBase
    {
        public override async Task Deliver(
            IAsyncStreamReader<DeliveryBatch> requestStream, IServerStreamWriter<DeliveryAck> responseStream, ServerCallContext context)
        {
            Interlocked.Increment(ref node._streams);
            if (node.Manner is NodeManner.Refuses)
                throw new RpcException(new Status(StatusCode.Unavailable, "not now"));
            if (node.Manner is not NodeManner.SaysNothing)
                await context.WriteResponseHeadersAsync(new Metadata { { "stream-taken", "1" } });
            if (node.Manner is NodeManner.Stalls or NodeManner.SaysNothing)
                await Task.Delay(Timeout.Infinite, context.CancellationToken);

            var unacknowledged = 0;
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                var batch = requestStream.Current;
                node._batchSizes.Enqueue(batch.Deliveries.Count);
                foreach (var delivery in batch.Deliveries)
                    node._deliveries.Enqueue(delivery);
                unacknowledged += batch.Deliveries.Count;
                if (node.Manner is not NodeManner.Acknowledges)
                    continue;

                var ack = new DeliveryAck { Sequence = batch.FirstSequence + batch.Deliveries.Count - 1 };
                ack.Sessions.AddRange(Enumerable.Repeat(SessionsPerDelivery, unacknowledged));
                unacknowledged = 0;
                await responseStream.WriteAsync(ack);
            }

            Interlocked.Increment(ref node._completed);
        }
    }
}
