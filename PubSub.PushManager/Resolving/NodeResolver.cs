using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.Membership.Peers;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Upstreams;

namespace PubSub.PushManager.Resolving;

/// <summary>
/// Asks the controller which nodes hold subscribers of channels. Asked after the append, every time: whoever joined
/// before the append is then in the answer, and no cache can prove that. What is remembered is only for channels
/// without a log, for the time in which nobody can be asked.
/// </summary>
internal sealed class NodeResolver : IAsyncDisposable
{
    private readonly PeerTable<ControllerService.ControllerServiceClient> _controllers;
    private readonly PushMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly OutageGate _gate;
    private int _preferred;

    public NodeResolver(
        PeerTable<ControllerService.ControllerServiceClient> controllers, IOptions<ResolveOptions> options, PushMetrics metrics,
        TimeProvider time, ILogger<NodeResolver> logger)
    {
        _controllers = controllers;
        _metrics = metrics;
        _time = time;
        _timeout = options.Value.Timeout;
        _gate = new OutageGate("The controller", token => AskAsync(new ResolveChannelsRequest(), token), time, logger);
        _gate.Returned += () => Returned?.Invoke();
    }

    /// <summary>No controller answered the last time, and none has since.</summary>
    public bool IsAway => _gate.IsAway;

    /// <summary>A controller answers again.</summary>
    public event Action? Returned;

    /// <exception cref="UpstreamAwayException">No controller answers.</exception>
    public async Task<IReadOnlyList<ChannelNodes>> ResolveAsync(IReadOnlyCollection<ChannelId> channels)
    {
        if (_gate.IsAway)
            throw new UpstreamAwayException("no controller answers");

        var request = new ResolveChannelsRequest();
        foreach (var channel in channels)
            request.Channels.Add(channel.Text);

        var started = _time.GetTimestamp();
        try
        {
            var reply = await AskAsync(request, CancellationToken.None);
            _metrics.Resolved(_time.GetElapsedTime(started));
            return reply.Channels;
        }
        catch (RpcException failure)
        {
            if (IsAwayStatus(failure.StatusCode))
                _gate.ReportFailure(failure);
            throw new UpstreamAwayException($"no controller answers ({failure.StatusCode}: {failure.Status.Detail})", failure);
        }
    }

    public ValueTask DisposeAsync() => _gate.DisposeAsync();

    /// <summary>All controllers give the same answers, so one is asked until it fails.</summary>
    private async Task<ResolveChannelsReply> AskAsync(ResolveChannelsRequest request, CancellationToken cancellationToken)
    {
        var controllers = _controllers.Current;
        var first = Volatile.Read(ref _preferred);
        var failure = new RpcException(new Status(StatusCode.Unavailable, "no controller is configured or known"));
        for (var attempt = 0; attempt < controllers.Length; attempt++)
        {
            var place = (first + attempt) % controllers.Length;
            try
            {
                var deadline = _time.GetUtcNow().UtcDateTime + _timeout;
                var reply = await controllers[place].Client.ResolveChannelsAsync(request, deadline: deadline, cancellationToken: cancellationToken);
                if (reply.Channels.Count != request.Channels.Count)
                    throw new RpcException(new Status(StatusCode.Internal, $"asked for {request.Channels.Count} channels, was told of {reply.Channels.Count}"));
                _metrics.Called("controller", "resolve_channels", StatusCode.OK);
                return reply;
            }
            catch (RpcException one)
            {
                _metrics.Called("controller", "resolve_channels", one.StatusCode);
                failure = one;
                Volatile.Write(ref _preferred, (place + 1) % controllers.Length);
                if (!IsAwayStatus(one.StatusCode))
                    break;
            }
        }

        throw failure;
    }

    private static bool IsAwayStatus(StatusCode code) =>
        code is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled;
}
