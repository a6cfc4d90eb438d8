using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.ClientFactory;

/// <summary>Gives outgoing calls the deadline and the cancellation of the call that is being served.</summary>
internal sealed partial class ContextPropagationInterceptor(
    GrpcContextPropagationOptions settings,
    IHttpContextAccessor http,
    ILogger<ContextPropagationInterceptor> logger) : Interceptor
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        using var tie = Propagate(ref context);
        return continuation(request, context);
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var tie = Propagate(ref context);
        var call = continuation(request, context);
        EndWith(call.ResponseAsync, tie);
        return call;
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var tie = Propagate(ref context);
        var call = continuation(context);
        EndWith(call.ResponseAsync, tie);
        return call;
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var tie = Propagate(ref context);
        var call = continuation(request, context);
        return tie is null
            ? call
            : new AsyncServerStreamingCall<TResponse>(
                new UntyingReader<TResponse>(call.ResponseStream, tie),
                _ => call.ResponseHeadersAsync,
                _ => call.GetStatus(),
                _ => call.GetTrailers(),
                _ => Dispose(call, tie),
                call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var tie = Propagate(ref context);
        var call = continuation(context);
        return tie is null
            ? call
            : new AsyncDuplexStreamingCall<TRequest, TResponse>(
                call.RequestStream,
                new UntyingReader<TResponse>(call.ResponseStream, tie),
                _ => call.ResponseHeadersAsync,
                _ => call.GetStatus(),
                _ => call.GetTrailers(),
                _ => Dispose(call, tie),
                call);
    }

    /// <summary>
    /// Returns the tie between the caller's token and the served call's, if there are both. It has to be cut when the
    /// call is over: the caller's token may live for as long as the process and would remember every call.
    /// </summary>
    private CancellationTokenSource? Propagate<TRequest, TResponse>(
        ref ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        if (Served() is not { } served)
        {
            return null;
        }

        var options = context.Options;
        if (served.Deadline < (options.Deadline ?? DateTime.MaxValue))
        {
            options = options.WithDeadline(served.Deadline);
        }

        CancellationTokenSource? tie = null;
        if (!options.CancellationToken.CanBeCanceled)
        {
            options = options.WithCancellationToken(served.CancellationToken);
        }
        else if (served.CancellationToken.CanBeCanceled)
        {
            tie = CancellationTokenSource.CreateLinkedTokenSource(served.CancellationToken, options.CancellationToken);
            options = options.WithCancellationToken(tie.Token);
        }

        context = new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options);
        return tie;
    }

    private ServerCallContext? Served()
    {
        var served = http.HttpContext?.Features.Get<IServerCallContextFeature>()?.ServerCallContext;
        if (served is null)
        {
            LogNothingToPropagate(logger);
            if (!settings.SuppressContextNotFoundErrors)
            {
                throw new InvalidOperationException(
                    "The deadline and cancellation of the served call cannot be propagated: no gRPC call is being "
                    + "served here. Set SuppressContextNotFoundErrors if calls from elsewhere are meant to pass.");
            }
        }

        return served;
    }

    private static void EndWith(Task response, CancellationTokenSource? tie)
    {
        if (tie is not null)
        {
            _ = response.ContinueWith(
                static (_, state) => ((CancellationTokenSource)state!).Dispose(),
                tie,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    private static void Dispose(IDisposable call, CancellationTokenSource tie)
    {
        call.Dispose();
        tie.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "No served gRPC call to propagate to the outgoing call.")]
    private static partial void LogNothingToPropagate(ILogger logger);

    /// <summary>Cuts the tie where the stream ends, well or badly.</summary>
    private sealed class UntyingReader<T>(IAsyncStreamReader<T> inner, CancellationTokenSource tie)
        : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var more = false;
            try
            {
                return more = await inner.MoveNext(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (!more)
                {
                    tie.Dispose();
                }
            }
        }
    }
}
