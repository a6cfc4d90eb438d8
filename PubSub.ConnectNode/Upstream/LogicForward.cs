using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Upstream;

/// <summary>
/// Gives the business side a copy of what clients publish. Nobody waits for it: what finds no place in a queue, or is
/// not taken, is counted and forgotten. The copy carries the message's id and where it was published, so when it comes back
/// through the push log the room sees it once, however late that is.
/// </summary>
internal sealed class LogicForward : IAsyncDisposable
{
    private const int Lanes = 4;

    private readonly LogicForwardOptions _options;
    private readonly TimeProvider _time;
    private readonly Counter<long> _calls;
    private readonly HttpClient _http;
    private readonly Channel<Push>[] _lanes;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public LogicForward(IOptions<LogicForwardOptions> options, IMeterFactory meters, TimeProvider time)
    {
        _options = options.Value;
        _time = time;
        _calls = meters.Create(UplinkMetrics.MeterName).CreateCounter<long>(
            "grpc_calls_total", "{call}", "Calls to other services, by service, name and status.");
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) }) { BaseAddress = _options.Address };
        _lanes = [.. Enumerable.Range(0, _options.On ? Lanes : 0).Select(_ => Channel.CreateBounded<Push>(
            new BoundedChannelOptions(Math.Max(1, _options.Queue / Lanes)) { SingleReader = true }))];
        _running = Task.WhenAll(_lanes.Select(lane => Task.Run(() => RunAsync(lane.Reader))).ToList());
    }

    /// <summary>Returns at once, whatever the business side does.</summary>
    /// <param name="push">What was published.</param>
    /// <param name="published">Where it stands in its room's log; epoch 0 where that is off.</param>
    public void Offer(Push push, Position published)
    {
        if (_lanes.Length == 0)
            return;
        push.Published = published;
        if (!_lanes[LaneHash.Lane(push.Channel, _lanes.Length)].Writer.TryWrite(push))
            Count(StatusCode.ResourceExhausted);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _http.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync(ChannelReader<Push> lane)
    {
        try
        {
            await foreach (var push in lane.ReadAllAsync(_stopping.Token))
                Count(await ForwardAsync(push));
        }
        catch (OperationCanceledException)
        {
            // The node stops; a copy that is not out yet stays behind.
        }
    }

    private async Task<StatusCode> ForwardAsync(Push push)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(_options.TimeoutMs), _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stopping.Token);
        try
        {
            var request = new ForwardedRequest(
                push.Channel[(push.Channel.IndexOf(':', StringComparison.Ordinal) + 1)..], push.Sender.UserId, push.Sender.UserName,
                [ForwardedMessage.From(push)]);
            using var answer = await _http.PostAsJsonAsync("/logic/send", request, ForwardJson.Default.ForwardedRequest, ending.Token);
            return StatusOf(answer.StatusCode);
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            return StatusCode.DeadlineExceeded;
        }
        catch (HttpRequestException)
        {
            return StatusCode.Unavailable;
        }
    }

    private void Count(StatusCode status) =>
        _calls.Add(1, new("service", "logic"), new("name", "logic_forward"), new("status", status.ToString()));

    private static StatusCode StatusOf(HttpStatusCode code) => (int)code switch
    {
        >= 200 and < 300 => StatusCode.OK,
        404 => StatusCode.NotFound,
        429 => StatusCode.ResourceExhausted,
        >= 400 and < 500 => StatusCode.InvalidArgument,
        503 => StatusCode.Unavailable,
        504 => StatusCode.DeadlineExceeded,
        _ => StatusCode.Internal,
    };
}

/// <summary>The body of POST /logic/send.</summary>
internal sealed record ForwardedRequest(string RoomId, string UserId, string UserName, IReadOnlyList<ForwardedMessage> Messages);

internal sealed record ForwardedMessage(
    string? Content, byte[]? Binary, string Type, IDictionary<string, string>? Metadata, string? Key, string Id, ForwardedPosition Published)
{
    public static ForwardedMessage From(Push push)
    {
        var content = push.Content;
        return new ForwardedMessage(
            content.IsBinary ? null : content.Data, content.IsBinary ? content.Binary.ToByteArray() : null, MessageTypeNames.Of(content.Type),
            content.Metadata.Count > 0 ? content.Metadata : null, content.Key.Length > 0 ? content.Key : null, push.MessageId,
            new ForwardedPosition(push.Published.Epoch, push.Published.Offset));
    }
}

internal sealed record ForwardedPosition(long Epoch, long Offset);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ForwardedRequest))]
internal sealed partial class ForwardJson : JsonSerializerContext;
