using Grpc.Core.Utils;

namespace Grpc.Core.Interceptors;

/// <summary>Lets a function rewrite the headers of every call.</summary>
internal sealed class HeadersCallInvoker(CallInvoker invoker, Func<Metadata, Metadata> rewrite) : CallInvoker
{
    private readonly CallInvoker _next = GrpcPreconditions.CheckNotNull(invoker, nameof(invoker));
    private readonly Func<Metadata, Metadata> _rewrite = GrpcPreconditions.CheckNotNull(rewrite, nameof(rewrite));

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        _next.BlockingUnaryCall(method, host, Rewritten(options), request);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        _next.AsyncUnaryCall(method, host, Rewritten(options), request);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        _next.AsyncServerStreamingCall(method, host, Rewritten(options), request);

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        _next.AsyncClientStreamingCall(method, host, Rewritten(options));

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        _next.AsyncDuplexStreamingCall(method, host, Rewritten(options));

    private CallOptions Rewritten(CallOptions options) => options.WithHeaders(_rewrite(options.Headers ?? []));
}
