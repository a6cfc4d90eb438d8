using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Uplinks;

public sealed class PhonesFindTheirPushManager : IAsyncLifetime
{
    private PushManagerPeers<RecordingDevices> _scene = null!;
    private DeviceUplink _uplink = null!;

    public async Task InitializeAsync()
    {
        _scene = await PushManagerPeers<RecordingDevices>.StartAsync();
        _uplink = new DeviceUplink(_scene.Peers, Options.Create(new UpstreamOptions { ReadLogTimeoutMs = 2000 }), _scene.Metrics, TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        _uplink.Dispose();
        await _scene.DisposeAsync();
    }

    [Fact]
    public async Task That_of_their_users_channel_is_asked_and_the_next_one_where_it_is_away()
    {
        var own = LaneHash.Lane("user:alice", 2);
        await RegisterAsync("alice");
        await _scene.Hosts[own].KillAsync();
        await RegisterAsync("alice");

        Assert.Equal(["alice"], _scene.Managers[own].Users);
        Assert.Equal(["alice"], _scene.Managers[1 - own].Users);
    }

    [Fact]
    public async Task A_refusal_is_final_and_keeps_its_words()
    {
        foreach (var manager in _scene.Managers)
            manager.Refusal = new Status(StatusCode.InvalidArgument, "token is empty");

        var refusal = await Assert.ThrowsAsync<RpcException>(() => RegisterAsync("alice"));

        Assert.Equal((StatusCode.InvalidArgument, "token is empty"), (refusal.StatusCode, refusal.Status.Detail));
        Assert.Single(_scene.Managers.SelectMany(manager => manager.Users));
    }

    [Fact]
    public async Task More_than_a_hung_push_manager_may_have_at_once_are_answered_all_the_same_and_never_sent()
    {
        var hang = new TaskCompletionSource();
        foreach (var manager in _scene.Managers)
            manager.Gate = hang.Task;

        var calls = Enumerable.Range(0, 200).Select(_ => RegisterAsync("alice")).ToList();
        await Wait.ForAsync(Task.WhenAll(calls).ContinueWith(static _ => { }, TaskScheduler.Default), "all to be answered");

        Assert.All(calls, call => Assert.True(
            call.Exception?.InnerException is RpcException { StatusCode: StatusCode.DeadlineExceeded or StatusCode.Unavailable }, $"{call.Exception}"));
        hang.SetResult();
        Assert.InRange(_scene.Managers.Sum(manager => manager.Users.Count), 1, 64);
    }

    [Fact]
    public async Task With_no_push_manager_the_answer_is_UNAVAILABLE()
    {
        _scene.Membership.Leave("push-manager-1");
        _scene.Membership.Leave("push-manager-2");
        await Wait.UntilAsync(() => _scene.Peers.Current.IsEmpty, "the peers to leave");

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => RegisterAsync("alice"))).StatusCode);
    }

    private Task<RegisterDeviceReply> RegisterAsync(string user) => Wait.ForAsync(
        _uplink.RegisterAsync(new RegisterDeviceRequest { UserId = user, DeviceId = "phone", Platform = PushPlatform.Fcm, Token = "t" }), "an answer");

    private sealed class RecordingDevices : DeviceService.DeviceServiceBase
    {
        public ConcurrentQueue<string> Users { get; } = new();

        public Status? Refusal { get; set; }

        public Task Gate { get; set; } = Task.CompletedTask;

        public override async Task<RegisterDeviceReply> RegisterDevice(RegisterDeviceRequest request, ServerCallContext context)
        {
            Users.Enqueue(request.UserId);
            await Gate;
            return Refusal is { } refusal ? throw new RpcException(refusal) : new RegisterDeviceReply { ExpiresAt = 1 };
        }
    }
}
