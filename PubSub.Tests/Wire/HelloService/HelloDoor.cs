using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace PubSub.Tests.Wire.HelloService;

internal sealed partial class HelloDoor(
    IOptions<HelloOptions> options, GreetingCount count, HelloMetrics metrics, ILogger<HelloDoor> logger)
    : Hello.HelloBase, IDisposable
{
    private readonly GrpcChannel? _peer = options.Value.Peer is { } address ? GrpcChannel.ForAddress(address) : null;

    public override async Task<Greeting> Greet(Greeting request, ServerCallContext context)
    {
        LogGreeted(request.Text);
        metrics.Greeted("once", TimeSpan.FromMilliseconds(1));
        await count.AddAsync(request.Text);
        if (_peer is not null)
            return await new Hello.HelloClient(_peer).GreetAsync(request, cancellationToken: context.CancellationToken);
        if (request.FailWith != 0)
            throw new RpcException(new Status((StatusCode)request.FailWith, "as you wished"));
        return Answer(request);
    }

    public override async Task Chat(
        IAsyncStreamReader<Greeting> requestStream, IServerStreamWriter<Greeting> responseStream, ServerCallContext context)
    {
        using var peer = _peer is null ? null : new Hello.HelloClient(_peer).Chat(cancellationToken: context.CancellationToken);
        await foreach (var greeting in requestStream.ReadAllAsync(context.CancellationToken))
        {
            metrics.Greeted("chat", TimeSpan.FromMilliseconds(1));
            if (peer is not null)
            {
                await peer.RequestStream.WriteAsync(greeting, context.CancellationToken);
                await peer.ResponseStream.MoveNext(context.CancellationToken);
            }

            await responseStream.WriteAsync(peer?.ResponseStream.Current ?? Answer(greeting), context.CancellationToken);
        }

        if (peer is not null)
        {
            await peer.RequestStream.CompleteAsync();
            await peer.ResponseStream.MoveNext(context.CancellationToken);
        }
    }

    public void Dispose() => _peer?.Dispose();

    private Greeting Answer(Greeting greeting) => new() { Text = $"{options.Value.Salutation} {greeting.Text}" };

    [LoggerMessage(1, LogLevel.Information, "greeted by {Name}")]
    private partial void LogGreeted(string name);
}
