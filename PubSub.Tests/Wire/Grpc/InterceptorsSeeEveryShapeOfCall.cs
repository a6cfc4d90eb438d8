using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using PubSub.Tests.Wire.Grpc.Protos;
using PubSub.Tests.Wire.Grpc.Servers;
using static PubSub.Tests.Wire.Grpc.Cases.InteropClient;

namespace PubSub.Tests.Wire.Grpc;

/// <summary>Two interceptors on either side leave their names on a call: headers on the way there, trailers on the way back.</summary>
public sealed class InterceptorsSeeEveryShapeOfCall : IAsyncLifetime
{
    private const string Sent = "x-sent-through";
    private const string Served = "x-served-through";

    private GrpcHost _server = null!;
    private GrpcChannel _channel = null!;
    private TestService.TestServiceClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await GrpcHost.StartAsync(grpc: options =>
        {
            options.Interceptors.Add<NamingServerInterceptor>("first");
            options.Interceptors.Add<NamingServerInterceptor>("second");
        });
        _channel = TestChannel.To(_server.Address);
        _client = new TestService.TestServiceClient(
            _channel.Intercept(new NamingClientInterceptor("outer"), new NamingClientInterceptor("inner")));
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
        _server.Logs.AssertOnly();
    }

    [Fact]
    public async Task Unary()
    {
        using var call = _client.EmptyCallAsync(new Empty(), Options());
        await call;

        AssertPassed(call.GetTrailers());
    }

    [Fact]
    public void Blocking_unary() => Assert.Equal(new Empty(), _client.EmptyCall(new Empty(), Options()));

    [Fact]
    public async Task Client_streaming()
    {
        using var call = _client.StreamingInputCall(Options());
        await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(7) });
        await call.RequestStream.CompleteAsync();

        Assert.Equal(7, (await call).AggregatedPayloadSize);
        AssertPassed(call.GetTrailers());
    }

    [Fact]
    public async Task Server_streaming()
    {
        using var call = _client.StreamingOutputCall(Ask(0, 1, 2), Options());
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
            Assert.NotEmpty(reply.Payload.Body);

        AssertPassed(call.GetTrailers());
    }

    [Fact]
    public async Task Duplex()
    {
        using var call = _client.FullDuplexCall(Options());
        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext());
        AssertPassed(call.GetTrailers());
    }

    [Fact]
    public async Task An_error_of_the_service_passes_through_both()
    {
        var request = new SimpleRequest { ResponseStatus = new EchoStatus { Code = (int)StatusCode.Aborted, Message = "no" } };

        var error = await FailsAsync(StatusCode.Aborted, _client.UnaryCallAsync(request, Options()).ResponseAsync);

        AssertPassed(error.Trailers);
    }

    private static void AssertPassed(Metadata trailers) =>
        Assert.Equal("outer,inner;first,second", trailers.GetValue(Served));

    private sealed class NamingClientInterceptor(string name) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
            BlockingUnaryCallContinuation<TRequest, TResponse> continuation) => continuation(request, Named(context));

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation) => continuation(request, Named(context));

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(Named(context));

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(request, Named(context));

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(Named(context));

        private ClientInterceptorContext<TRequest, TResponse> Named<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class
        {
            var headers = new Metadata();
            foreach (var entry in context.Options.Headers ?? [])
                headers.Add(entry);
            headers.Add(Sent, name);
            return new(context.Method, context.Host, context.Options.WithHeaders(headers));
        }
    }

    private sealed class NamingServerInterceptor(string name) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Pass(context);
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
            ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Pass(context);
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Pass(context);
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Pass(context);
            return continuation(requestStream, responseStream, context);
        }

        // The first one notes what the client's interceptors sent, each adds its own name.
        private void Pass(ServerCallContext context)
        {
            var sent = string.Join(',', context.RequestHeaders.Where(entry => entry.Key == Sent).Select(entry => entry.Value));
            var before = context.ResponseTrailers.FirstOrDefault(entry => entry.Key == Served);
            if (before is not null)
                context.ResponseTrailers.Remove(before);
            context.ResponseTrailers.Add(Served, before is null ? $"{sent.Replace(", ", ",", StringComparison.Ordinal)};{name}" : $"{before.Value},{name}");
        }
    }
}
