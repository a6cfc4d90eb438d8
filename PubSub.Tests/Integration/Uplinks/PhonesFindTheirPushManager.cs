using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PubSub.ConnectNode.Upstream;
using PubSub.Membership;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Uplinks;

public sealed class PhonesFindTheirPushManager : IAsyncLifetime
{
    private readonly MemoryMembership _membership = new(ServiceKind.PushManager);
    private readonly List<RecordingDevices> _managers = [new(), new()];
    private readonly List<GrpcHost<RecordingDevices>> _hosts = [];
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private PeerTable<PushManagerService.PushManagerServiceClient> _peers = null!;
    private DeviceUplink _uplink = null!;

    public async Task InitializeAsync()
    {
        foreach (var manager in _managers)
        {
            _hosts.Add(await new GrpcHost<RecordingDevices>(manager).StartAsync());
            _membership.Join($"push-manager-{_hosts.Count}", "127.0.0.1", _hosts[^1].Port);
        }

        _peers = new PeerTable<PushManagerService.PushManagerServiceClient>(
            [], _membership, invoker => new PushManagerService.PushManagerServiceClient(invoker), NullLoggerFactory.Instance);
        _uplink = new DeviceUplink(
            _peers, Options.Create(new UpstreamOptions { ReadLogTimeoutMs = 2000 }), new UplinkMetrics(_services.GetRequiredService<IMeterFactory>()), TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        _uplink.Dispose();
        await _peers.DisposeAsync();
        foreach (var host in _hosts)
            await host.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task That_of_their_users_channel_is_asked_and_the_next_one_where_it_is_away()
    {
        var own = LaneHash.Lane("user:alice", 2);
        await RegisterAsync("alice");
        await _hosts[own].KillAsync();
        await RegisterAsync("alice");

        Assert.Equal(["alice"], _managers[own].Users);
        Assert.Equal(["alice"], _managers[1 - own].Users);
    }

    [Fact]
    public async Task A_refusal_is_final_and_keeps_its_words()
    {
        foreach (var manager in _managers)
            manager.Refusal = new Status(StatusCode.InvalidArgument, "token is empty");

        var refusal = await Assert.ThrowsAsync<RpcException>(() => RegisterAsync("alice"));

        Assert.Equal((StatusCode.InvalidArgument, "token is empty"), (refusal.StatusCode, refusal.Status.Detail));
        Assert.Single(_managers.SelectMany(manager => manager.Users));
    }

    [Fact]
    public async Task More_than_a_hung_push_manager_may_have_at_once_are_answered_all_the_same_and_never_sent()
    {
        var hang = new TaskCompletionSource();
        foreach (var manager in _managers)
            manager.Gate = hang.Task;

        var calls = Enumerable.Range(0, 200).Select(_ => RegisterAsync("alice")).ToList();
        await Wait.ForAsync(Task.WhenAll(calls).ContinueWith(static _ => { }, TaskScheduler.Default), "all to be answered");

        Assert.All(calls, call => Assert.True(
            call.Exception?.InnerException is RpcException { StatusCode: StatusCode.DeadlineExceeded or StatusCode.Unavailable }, $"{call.Exception}"));
        hang.SetResult();
        Assert.InRange(_managers.Sum(manager => manager.Users.Count), 1, 64);
    }

    [Fact]
    public async Task With_no_push_manager_the_answer_is_UNAVAILABLE()
    {
        _membership.Leave("push-manager-1");
        _membership.Leave("push-manager-2");
        await Wait.UntilAsync(() => _peers.Current.IsEmpty, "the peers to leave");

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
