using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Grpc.Cases;
using PubSub.Tests.Wire.Grpc.Protos;

namespace PubSub.Tests.Wire.Grpc.Hostile;

/// <summary>
/// Our client against a server that misbehaves by script. Whatever that does, a call ends with a status, and no task
/// fails unseen.
/// </summary>
[Collection(AloneInTheProcess.Name)]
public abstract class HostileServerCases : IDisposable
{
    private readonly UnobservedExceptions _unobserved = new();

    [SuppressMessage("Usage", "CA1816", Justification = "Tests have no finalizers.")]
    public void Dispose()
    {
        try
        {
            _unobserved.AssertNone();
        }
        finally
        {
            _unobserved.Dispose();
        }
    }

    /// <summary>Plays the script to a unary call and to a duplex call; both must end with one of these statuses.</summary>
    private protected static async Task AssertEndsAsync(Func<RawHttp2Connection, Task> script, params StatusCode[] expected)
    {
        foreach (var ending in new[] { await UnaryAsync(script), await DuplexAsync(script) })
            Assert.True(expected.Contains(ending.StatusCode), $"{ending}, expected {string.Join(" or ", expected)}");
    }

    private protected static async Task<Status> UnaryAsync(Func<RawHttp2Connection, Task> script, TimeSpan? deadline = null)
    {
        await using var server = new RawHttp2Server(script);
        using var client = new InteropClient(server.Address);
        using var call = client.Test.UnaryCallAsync(InteropClient.Simple(100, 100), deadline: Within(deadline));
        return await StatusOfAsync(call.ResponseAsync);
    }

    /// <summary>Writes until that fails or is done, and reads until the end.</summary>
    private protected static async Task<Status> DuplexAsync(Func<RawHttp2Connection, Task> script, TimeSpan? deadline = null)
    {
        await using var server = new RawHttp2Server(script);
        using var client = new InteropClient(server.Address);
        using var call = client.Test.FullDuplexCall(deadline: Within(deadline));
        var writing = WriteAsync(call.RequestStream);
        var status = await StatusOfAsync(ReadAsync(call.ResponseStream));
        Assert.Equal(status.StatusCode, call.GetStatus().StatusCode);
        await Wait.ForAsync(writing, "the writer to be released");
        return status;
    }

    private static DateTime Within(TimeSpan? deadline) =>
        TimeProvider.System.GetUtcNow().UtcDateTime + (deadline ?? Wait.Patience);

    private static async Task<Status> StatusOfAsync(Task call)
    {
        try
        {
            await Wait.ForAsync(call, "the call to end", Wait.Patience * 2);
            return Status.DefaultSuccess;
        }
        catch (RpcException e)
        {
            return e.Status;
        }
    }

    private static async Task WriteAsync(IClientStreamWriter<StreamingOutputCallRequest> requests)
    {
        try
        {
            for (var count = 0; count < 3; count++)
                await requests.WriteAsync(InteropClient.Ask(100, 100));
            await requests.CompleteAsync();
        }
        catch (Exception)
        {
            // The call has ended; how is the reader's to say. A write that is under way when the connection breaks fails
            // with whatever the transport threw, not always with an RpcException: whoever writes has to expect both.
        }
    }

    private static async Task ReadAsync(IAsyncStreamReader<StreamingOutputCallResponse> responses)
    {
        await foreach (var response in responses.ReadAllAsync())
            Assert.NotNull(response);
    }
}
