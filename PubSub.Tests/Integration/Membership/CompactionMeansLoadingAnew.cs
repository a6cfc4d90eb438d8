using dotnet_etcd;
using Etcdserverpb;
using Grpc.Core;
using Grpc.Core.Interceptors;
using PubSub.Membership;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Membership;

[Collection(SharedEtcd.Name)]
public sealed class CompactionMeansLoadingAnew(EtcdFixture fixture)
{
    [Fact]
    public async Task A_watch_from_a_compacted_revision_becomes_a_load()
    {
        var options = new EtcdOptions { Endpoints = fixture.Etcd.Endpoint, KeyPrefix = fixture.NewPrefix().TrimEnd('/') };
        await using var first = await Member.JoinAsync(options, "node-1");
        using var client = EtcdClients.Create(options);
        var now = (await client.PutAsync(options.KeyPrefix + "/filler", "x")).Header.Revision;
        await client.CompactAsync(new CompactionRequest { Revision = now, Physical = true });

        // As if so much had been written between load and watch that the revision was gone.
        var late = new LateWatch();
        await using var follower = await Follower.StartAsync(
            options, client: new EtcdClient(options.Endpoints, interceptors: [late]));
        await follower.ForIdsAsync("node-1");
        await Wait.UntilAsync(() => late.Watches >= 2, "the second watch");
        await using var second = await Member.JoinAsync(options, "node-2");
        await follower.ForIdsAsync("node-1", "node-2");

        Assert.Empty(follower.EverLeft);
        follower.Logs.AssertOnly();
    }

    private sealed class LateWatch : Interceptor
    {
        private int _watches;

        public int Watches => Volatile.Read(ref _watches);

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            var call = continuation(context);
            if (Interlocked.Increment(ref _watches) > 1)
            {
                return call;
            }

            return new AsyncDuplexStreamingCall<TRequest, TResponse>(
                new FromTheFirstRevision<TRequest>(call.RequestStream),
                call.ResponseStream,
                call.ResponseHeadersAsync,
                call.GetStatus,
                call.GetTrailers,
                call.Dispose);
        }
    }

    private sealed class FromTheFirstRevision<T>(IClientStreamWriter<T> inner) : IClientStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

        public Task WriteAsync(T message, CancellationToken cancellationToken)
        {
            ((WatchRequest)(object)message!).CreateRequest.StartRevision = 1;
            return inner.WriteAsync(message, cancellationToken);
        }

        public Task CompleteAsync() => inner.CompleteAsync();
    }
}
