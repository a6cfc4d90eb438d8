using Grpc.Core;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Grpc.Cases;
using PubSub.Tests.Wire.Grpc.Protos;
using PubSub.Tests.Wire.Grpc.Servers;

namespace PubSub.Tests.Wire.Grpc;

/// <summary>One channel outlives the servers behind its address.</summary>
public sealed class ChannelsComeBackAfterARestart : IAsyncLifetime
{
    private readonly int _port = FreePort.Next();
    private GrpcHost _server = null!;
    private InteropClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await GrpcHost.StartAsync(_port);
        _client = new InteropClient(_server.Address, options =>
        {
            options.InitialReconnectBackoff = TimeSpan.FromMilliseconds(20);
            options.MaxReconnectBackoff = TimeSpan.FromMilliseconds(100);
        });
        await _client.ExchangeAsync(10, 10);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Calls_fail_at_once_while_the_server_is_away_and_work_again_after()
    {
        await _server.DisposeAsync();
        await InteropClient.FailsAsync(
            StatusCode.Unavailable, _client.Test.EmptyCallAsync(new Empty(), InteropClient.Options()).ResponseAsync);

        await RestartAsync();

        await Wait.UntilAsync(WorksAsync, "a call to reach the new server");
    }

    [Fact]
    public async Task A_call_that_waits_for_readiness_is_served_when_the_server_is_back()
    {
        await _server.DisposeAsync();
        // Before the channel knows, a call may still set out on the connection that is gone.
        await Wait.UntilAsync(async () => !await WorksAsync() && _client.State != ConnectivityState.Ready, "the channel to notice");
        var waiting = _client.Test.UnaryCallAsync(InteropClient.Simple(10, 20), InteropClient.Options().WithWaitForReady());
        await InteropClient.FailsAsync(
            StatusCode.Unavailable, _client.Test.EmptyCallAsync(new Empty(), InteropClient.Options()).ResponseAsync);
        Assert.False(waiting.ResponseAsync.IsCompleted);

        await RestartAsync();

        Assert.Equal(20, (await waiting).Payload.Body.Length);
    }

    [Fact]
    public async Task A_stream_ends_with_its_server_and_the_next_one_works()
    {
        using var stream = await OpenStreamAsync();

        await _server.DisposeAsync();

        var end = await Assert.ThrowsAsync<RpcException>(() => Wait.ForAsync(stream.ResponseStream.MoveNext(), "the stream to end"));
        Assert.True(end.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal or StatusCode.Unknown, $"{end}");

        await RestartAsync();
        await Wait.UntilAsync(WorksAsync, "a call to reach the new server");
        (await OpenStreamAsync()).Dispose();
    }

    private async Task<AsyncDuplexStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse>> OpenStreamAsync()
    {
        var stream = _client.Test.FullDuplexCall(InteropClient.Options());
        await stream.RequestStream.WriteAsync(InteropClient.Ask(1, 1));
        Assert.True(await stream.ResponseStream.MoveNext());
        return stream;
    }

    private async Task RestartAsync() => _server = await GrpcHost.StartAsync(_port);

    private async Task<bool> WorksAsync()
    {
        try
        {
            await _client.ExchangeAsync(10, 10);
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }
}
