using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Uplinks;

public sealed class ChannelsHaveTheirPushManager : IAsyncLifetime
{
    private PushManagerPeers<RecordingPushManager> _scene = null!;
    private PushUplink _uplink = null!;

    public async Task InitializeAsync()
    {
        _scene = await PushManagerPeers<RecordingPushManager>.StartAsync();
        _uplink = new PushUplink(_scene.Peers, Options.Create(new UpstreamOptions()), _scene.Metrics, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        await _uplink.DisposeAsync();
        await _scene.DisposeAsync();
    }

    [Fact]
    public async Task The_hash_of_the_channel_chooses_and_its_messages_keep_their_order()
    {
        var pushes = Enumerable.Range(0, 600)
            .Select(i => new Push { Channel = $"room:{i % 20}", Content = new Content { Data = $"{i}" } }).ToList();

        var outcomes = await Wait.ForAsync(
            Task.WhenAll(pushes.Select(push => _uplink.PublishAsync(push, CancellationToken.None))), "600 messages to be accepted");

        Assert.All(outcomes, outcome => Assert.Equal((int)StatusCode.OK, outcome.Code));
        Assert.Equal(600, _scene.Managers.Sum(manager => manager.Pushes.Count));
        for (var i = 0; i < _scene.Managers.Count; i++)
        {
            Assert.NotEmpty(_scene.Managers[i].Pushes);
            Assert.All(_scene.Managers[i].Pushes, push => Assert.Equal(i, LaneHash.Lane(push.Channel, 2)));
            Assert.All(
                _scene.Managers[i].Pushes.GroupBy(push => push.Channel),
                channel => Assert.Equal(
                    pushes.Where(push => push.Channel == channel.Key).Select(push => push.Content.Data),
                    channel.Select(push => push.Content.Data)));
        }
    }

    [Fact]
    public async Task Another_takes_over_with_the_same_message_id_where_the_answer_was_lost()
    {
        var push = new Push { Channel = "room:a", Content = new Content { Data = "once" } };
        var own = LaneHash.Lane(push.Channel, 2);
        _scene.Managers[own].BreaksAfterStoring = true;

        var outcome = await Wait.ForAsync(_uplink.PublishAsync(push, CancellationToken.None), "the message to be accepted");

        Assert.Equal((int)StatusCode.OK, outcome.Code);
        var ids = _scene.Managers.Select(manager => Assert.Single(manager.Pushes).MessageId).ToList();
        Assert.NotEmpty(ids[0]);
        Assert.Equal(ids[0], ids[1]);
    }

    [Fact]
    public async Task With_no_push_manager_the_answer_is_UNAVAILABLE()
    {
        _scene.Membership.Leave("push-manager-1");
        _scene.Membership.Leave("push-manager-2");
        await Wait.UntilAsync(() => _scene.Peers.Current.IsEmpty, "the peers to leave");

        var outcome = await Wait.ForAsync(
            _uplink.PublishAsync(new Push { Channel = "room:a" }, CancellationToken.None), "an answer");
        var failure = await Assert.ThrowsAsync<RpcException>(
            () => Wait.ForAsync(_uplink.ReadLogAsync(new LogRange { Channel = "room:a" }, CancellationToken.None), "an answer"));

        Assert.Equal((int)StatusCode.Unavailable, outcome.Code);
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task A_peer_that_left_can_still_be_called_by_who_took_it_before()
    {
        var taken = _scene.Peers.Current;
        _scene.Membership.Leave("push-manager-1");
        await Wait.UntilAsync(() => _scene.Peers.Current.Length == 1, "the peer to leave");

        foreach (var peer in taken)
            await peer.Client.PushBatchAsync(new PushBatchRequest { Pushes = { new Push { Channel = "room:a" } } });

        Assert.All(_scene.Managers, manager => Assert.Single(manager.Pushes));
    }

    [Fact]
    public async Task Reads_go_to_the_channels_manager_and_come_back_to_their_callers()
    {
        var slices = await Wait.ForAsync(
            Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
                _uplink.ReadLogAsync(new LogRange { Channel = $"room:{i}" }, CancellationToken.None))),
            "50 reads");

        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"room:{i}"), slices.Select(slice => slice.Channel));
        for (var i = 0; i < _scene.Managers.Count; i++)
            Assert.All(_scene.Managers[i].Ranges, range => Assert.Equal(i, LaneHash.Lane(range.Channel, 2)));
    }

    [Fact]
    public async Task What_is_damaged_fails_alone_however_many_travel_with_it()
    {
        var channels = Enumerable.Range(0, 200).Select(static i => i == 100 ? RecordingPushManager.Damaged : $"room:{i}").ToList();
        var reads = channels.ConvertAll(channel => _uplink.ReadLogAsync(new LogRange { Channel = channel }, CancellationToken.None));
        var moves = channels.ConvertAll(channel => _uplink.MoveCursorAsync(new DeviceCursor { Channel = channel }, CancellationToken.None));

        foreach (var calls in new[] { reads.ConvertAll(static read => (Task)read), moves })
        {
            await Wait.ForAsync(Task.WhenAll(calls).ContinueWith(static _ => { }, TaskScheduler.Default), "200 answers");
            var failed = Assert.Single(calls, static call => !call.IsCompletedSuccessfully);
            Assert.Equal(100, calls.IndexOf(failed));
            Assert.Equal(StatusCode.DataLoss, (await Assert.ThrowsAsync<RpcException>(() => failed)).StatusCode);
        }
    }
}
