using System.Threading.Channels;
using dotnet_etcd.interfaces;
using Etcdserverpb;
using Grpc.Core;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

/// <summary>Plays etcd's end of watch streams.</summary>
internal sealed class ScriptedWatchServer
{
    private readonly Channel<Stream> _streams = Channel.CreateUnbounded<Stream>();

    public IAsyncDuplexStreamingCall<WatchRequest, WatchResponse> Open(
        Metadata? headers, DateTime? deadline, CancellationToken cancellationToken)
    {
        var stream = new Stream();
        _streams.Writer.TryWrite(stream);
        return stream;
    }

    /// <summary>The next stream that is opened, when its first request is there.</summary>
    public async Task<Stream> NextAsync()
    {
        var stream = await Wait.ForAsync(_streams.Reader.ReadAsync().AsTask(), "a watch stream");
        await stream.RequestAsync(0);
        return stream;
    }

    internal sealed class Stream
        : IAsyncDuplexStreamingCall<WatchRequest, WatchResponse>, IClientStreamWriter<WatchRequest>, IAsyncStreamReader<WatchResponse>
    {
        private readonly List<WatchRequest> _requests = [];
        private readonly Channel<WatchResponse> _responses = Channel.CreateUnbounded<WatchResponse>();

        public WatchCreateRequest Create => _requests[0].CreateRequest;

        public long WatchId => Create.WatchId;

        public IClientStreamWriter<WatchRequest> RequestStream => this;

        public IAsyncStreamReader<WatchResponse> ResponseStream => this;

        public WriteOptions? WriteOptions { get; set; }

        public WatchResponse Current { get; private set; } = null!;

        public void Send(WatchResponse response) => _responses.Writer.TryWrite(response);

        public void Break() =>
            _responses.Writer.TryComplete(new RpcException(new Status(StatusCode.Unavailable, "broken by the test")));

        public void End() => _responses.Writer.TryComplete();

        public async Task<WatchRequest> RequestAsync(int number)
        {
            await Wait.UntilAsync(() => { lock (_requests) { return _requests.Count > number; } }, $"request {number}");
            return _requests[number];
        }

        public Task WriteAsync(WatchRequest message)
        {
            lock (_requests)
            {
                _requests.Add(message);
            }

            return Task.CompletedTask;
        }

        public Task WriteAsync(WatchRequest message, CancellationToken cancellationToken) => WriteAsync(message);

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!await _responses.Reader.WaitToReadAsync(cancellationToken))
            {
                return false;
            }

            Current = await _responses.Reader.ReadAsync(cancellationToken);
            return true;
        }

        public Task CompleteAsync() => Task.CompletedTask;

        public Task<Metadata> GetHeadersAsync() => Task.FromResult(new Metadata());

        public Status GetStatus() => Status.DefaultSuccess;

        public Metadata GetTrailers() => [];

        public void Dispose() => End();
    }
}
