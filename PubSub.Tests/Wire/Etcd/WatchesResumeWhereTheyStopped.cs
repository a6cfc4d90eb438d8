using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Mvccpb;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

/// <summary>What a real etcd does too rarely to wait for: a test plays the server, message by message.</summary>
public sealed class WatchesResumeWhereTheyStopped : IDisposable
{
    private readonly ScriptedWatchServer _server = new();
    private readonly WatchManager _manager;
    private readonly WatchLog _log = new();

    public WatchesResumeWhereTheyStopped()
    {
        _manager = new WatchManager(_server.Open);
    }

    [Fact]
    public async Task Behind_the_last_event()
    {
        var stream = await WatchAsync(headerRevision: 10);
        stream.Send(Changes(stream.WatchId, 11, 14));
        await _log.ForEventsAsync(2);
        stream.Break();

        var next = await _server.NextAsync();

        Assert.Equal(15, next.Create.StartRevision);
    }

    [Fact]
    public async Task At_the_revision_after_the_acknowledgement_if_nothing_happened()
    {
        var stream = await WatchAsync(headerRevision: 10);
        stream.Break();

        Assert.Equal(11, (await _server.NextAsync()).Create.StartRevision);
    }

    [Fact]
    public async Task Not_at_the_acknowledgement_of_a_resumed_watch()
    {
        var first = await WatchAsync(headerRevision: 10);
        first.Break();
        var second = await _server.NextAsync();
        // etcd is at 50 and would now send 11 to 50, but breaks again before.
        second.Send(Acknowledge(second.WatchId, 50));
        await Wait.UntilAsync(() => _log.Acknowledgements == 2, "the second acknowledgement");
        second.Break();

        Assert.Equal(11, (await _server.NextAsync()).Create.StartRevision);
    }

    [Fact]
    public async Task At_its_own_start_revision_if_that_lies_before()
    {
        var watching = _manager.WatchAsync("a", 5, _ => { });
        var first = await _server.NextAsync();
        first.Send(Acknowledge(first.WatchId, 50));
        await watching;
        first.Break();

        Assert.Equal(5, (await _server.NextAsync()).Create.StartRevision);
    }

    [Fact]
    public async Task Behind_a_progress_report()
    {
        var stream = await WatchAsync(headerRevision: 10);
        stream.Send(new WatchResponse { WatchId = stream.WatchId, Header = new ResponseHeader { Revision = 30 } });
        stream.Break();

        Assert.Equal(31, (await _server.NextAsync()).Create.StartRevision);
    }

    [Fact]
    public async Task In_the_middle_of_a_transaction_that_came_in_fragments()
    {
        var stream = await WatchAsync(headerRevision: 10);
        var part = Changes(stream.WatchId, 11, 12, 12);
        part.Fragment = true;
        stream.Send(part);
        await _log.ForEventsAsync(3);
        stream.Break();
        var next = await _server.NextAsync();
        next.Send(Acknowledge(next.WatchId, 20));
        next.Send(Changes(next.WatchId, 12, 12, 12, 13));
        await _log.ForEventsAsync(5);

        Assert.Equal(12, next.Create.StartRevision);
        Assert.Equal([11, 12, 12, 12, 13], _log.Events.Select(change => change.Kv.ModRevision));
    }

    [Fact]
    public async Task Without_what_a_server_repeats()
    {
        var stream = await WatchAsync(headerRevision: 10);
        stream.Send(Changes(stream.WatchId, 11, 12));
        stream.Break();
        var next = await _server.NextAsync();
        next.Send(Acknowledge(next.WatchId, 20));
        next.Send(Changes(next.WatchId, 11, 12));
        next.Send(Changes(next.WatchId, 12, 13));
        await _log.ForEventsAsync(3);

        Assert.Equal([11, 12, 13], _log.Events.Select(change => change.Kv.ModRevision));
    }

    [Fact]
    public async Task Unless_the_revision_was_compacted_meanwhile_which_ends_them_with_a_report()
    {
        var stream = await WatchAsync(headerRevision: 10);
        stream.Break();
        var next = await _server.NextAsync();
        next.Send(new WatchResponse { WatchId = next.WatchId, Header = new ResponseHeader { Revision = 99 }, Canceled = true, CompactRevision = 90 });
        await _log.ForCancelAsync();
        next.Break();
        _ = _manager.WatchAsync("another", _ => { });

        Assert.Equal(90, _log.Cancelled!.CompactRevision);
        Assert.Equal("another", (await _server.NextAsync()).Create.Key.ToStringUtf8());
    }

    [Fact]
    public async Task After_a_stream_that_just_ended()
    {
        var stream = await WatchAsync(headerRevision: 10);
        stream.End();

        Assert.Equal(11, (await _server.NextAsync()).Create.StartRevision);
    }

    [Fact]
    public async Task A_refusal_goes_to_the_caller()
    {
        var watching = _manager.WatchAsync("a", _ => Assert.Fail("A refused watch has no events."));
        var stream = await _server.NextAsync();
        stream.Send(new WatchResponse { WatchId = stream.WatchId, Created = true, Canceled = true, CancelReason = "permission denied" });

        var refused = await Assert.ThrowsAsync<RpcException>(() => watching);

        Assert.Contains("permission denied", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_server_is_an_error_at_the_deadline()
    {
        var error = await Assert.ThrowsAsync<RpcException>(
            () => _manager.WatchAsync("a", _ => { }, deadline: DateTime.UtcNow.AddMilliseconds(100)));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
    }

    [Fact]
    public async Task A_request_can_be_used_twice()
    {
        var request = new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("a") } };
        _ = _manager.WatchAsync(request, _ => { });
        _ = _manager.WatchAsync(request, _ => { });
        var stream = await _server.NextAsync();

        Assert.NotEqual((await stream.RequestAsync(0)).CreateRequest.WatchId, (await stream.RequestAsync(1)).CreateRequest.WatchId);
        Assert.Equal(0, request.CreateRequest.WatchId);
    }

    public void Dispose() => _manager.Dispose();

    private async Task<ScriptedWatchServer.Stream> WatchAsync(long headerRevision)
    {
        var watching = _manager.WatchAsync(
            new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("a") } }, _log.Add);
        var stream = await _server.NextAsync();
        stream.Send(Acknowledge(stream.WatchId, headerRevision));
        await watching;
        return stream;
    }

    private static WatchResponse Acknowledge(long watch, long revision) =>
        new() { WatchId = watch, Created = true, Header = new ResponseHeader { Revision = revision } };

    private static WatchResponse Changes(long watch, params long[] revisions)
    {
        var response = new WatchResponse { WatchId = watch, Header = new ResponseHeader { Revision = revisions[^1] } };
        response.Events.AddRange(revisions.Select(revision =>
            new Event { Kv = new KeyValue { Key = ByteString.CopyFromUtf8("a"), ModRevision = revision } }));
        return response;
    }
}
