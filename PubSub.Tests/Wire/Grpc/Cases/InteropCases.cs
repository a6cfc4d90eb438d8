using Grpc.Core;
using PubSub.Tests.Wire.Grpc.Protos;
using PubSub.Tests.Wire.Grpc.Servers;
using static PubSub.Tests.Wire.Grpc.Cases.InteropClient;

namespace PubSub.Tests.Wire.Grpc.Cases;

/// <summary>The cases of the public interop list with our client, against the server that a derived class names.</summary>
public abstract class InteropCases(InteropServer server) : IDisposable
{
    private static readonly int[] RequestSizes = [27182, 8, 1828, 45904];
    private static readonly int[] ResponseSizes = [31415, 9, 2653, 58979];

    private readonly InteropClient _client = new(server.Address);

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Empty_unary() =>
        Assert.Equal(new Empty(), await _client.Test.EmptyCallAsync(new Empty(), Options()));

    [Fact]
    public Task Large_unary() => _client.ExchangeAsync(271828, 314159);

    [Fact]
    public async Task Client_streaming()
    {
        using var call = _client.Test.StreamingInputCall(Options());
        foreach (var size in RequestSizes)
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        await call.RequestStream.CompleteAsync();

        Assert.Equal(74922, (await call).AggregatedPayloadSize);
    }

    [Fact]
    public async Task Server_streaming()
    {
        using var call = _client.Test.StreamingOutputCall(Ask(0, ResponseSizes), Options());
        var sizes = new List<int>();
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
            sizes.Add(reply.Payload.Body.Length);

        Assert.Equal(ResponseSizes, sizes);
    }

    [Fact]
    public async Task Ping_pong()
    {
        using var call = _client.Test.FullDuplexCall(Options());
        foreach (var (ping, pong) in RequestSizes.Zip(ResponseSizes))
        {
            await call.RequestStream.WriteAsync(Ask(ping, pong));
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(pong, call.ResponseStream.Current.Payload.Body.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Empty_stream()
    {
        using var call = _client.Test.FullDuplexCall(Options());
        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Cancel_after_begin()
    {
        using var cancel = new CancellationTokenSource();
        using var call = _client.Test.StreamingInputCall(Options().WithCancellationToken(cancel.Token));
        await cancel.CancelAsync();

        await FailsAsync(StatusCode.Cancelled, call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Cancel_after_first_response()
    {
        using var cancel = new CancellationTokenSource();
        using var call = _client.Test.FullDuplexCall(Options().WithCancellationToken(cancel.Token));
        await call.RequestStream.WriteAsync(Ask(27182, 31415));
        Assert.True(await call.ResponseStream.MoveNext());
        await cancel.CancelAsync();

        await FailsAsync(StatusCode.Cancelled, call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Timeout_on_sleeping_server()
    {
        var soon = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(1);
        using var call = _client.Test.FullDuplexCall(new CallOptions(deadline: soon));
        // The deadline may pass before the message is out, and then the write may fail in any way. Beside the deadline's
        // own there are Cancelled, and a protocol error where the server's answer crosses the end of the call.
        await Record.ExceptionAsync(() => call.RequestStream.WriteAsync(Ask(27182)));

        await FailsAsync(StatusCode.DeadlineExceeded, call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Status_code_and_message()
    {
        var asked = new EchoStatus { Code = (int)StatusCode.Unknown, Message = "test status message" };

        var unary = await FailsAsync(
            StatusCode.Unknown, _client.Test.UnaryCallAsync(new SimpleRequest { ResponseStatus = asked }, Options()).ResponseAsync);
        Assert.Equal(asked.Message, unary.Status.Detail);

        using var call = _client.Test.FullDuplexCall(Options());
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = asked });
        await call.RequestStream.CompleteAsync();
        var duplex = await FailsAsync(StatusCode.Unknown, call.ResponseStream.MoveNext());
        Assert.Equal(asked.Message, duplex.Status.Detail);
    }

    [Fact]
    public async Task Special_status_message()
    {
        const string message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
        var request = new SimpleRequest { ResponseStatus = new EchoStatus { Code = (int)StatusCode.Unknown, Message = message } };

        var error = await FailsAsync(StatusCode.Unknown, _client.Test.UnaryCallAsync(request, Options()).ResponseAsync);

        Assert.Equal(message, error.Status.Detail);
    }

    [Fact]
    public Task Unimplemented_method() =>
        FailsAsync(StatusCode.Unimplemented, _client.Test.UnimplementedCallAsync(new Empty(), Options()).ResponseAsync);

    [Fact]
    public Task Unimplemented_service() =>
        FailsAsync(StatusCode.Unimplemented, _client.Missing.UnimplementedCallAsync(new Empty(), Options()).ResponseAsync);

    [Fact]
    public async Task Custom_metadata()
    {
        byte[] trailing = [0xab, 0xab, 0xab];
        var sent = new Metadata
        {
            { InteropService.EchoInitial, "test_initial_metadata_value" },
            { InteropService.EchoTrailing, trailing },
        };

        using var unary = _client.Test.UnaryCallAsync(Simple(271828, 314159), Options(sent));
        await unary;
        AssertEchoed(await unary.ResponseHeadersAsync, unary.GetTrailers());

        using var duplex = _client.Test.FullDuplexCall(Options(sent));
        await duplex.RequestStream.WriteAsync(Ask(271828, 314159));
        await duplex.RequestStream.CompleteAsync();
        await foreach (var reply in duplex.ResponseStream.ReadAllAsync())
            Assert.Equal(314159, reply.Payload.Body.Length);
        AssertEchoed(await duplex.ResponseHeadersAsync, duplex.GetTrailers());

        void AssertEchoed(Metadata headers, Metadata trailers)
        {
            Assert.Equal("test_initial_metadata_value", headers.GetValue(InteropService.EchoInitial));
            Assert.Equal(trailing, trailers.GetValueBytes(InteropService.EchoTrailing));
        }
    }
}
