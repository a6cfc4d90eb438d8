using Grpc.Core;
using PubSub.PushManager.Log;
using PubSub.PushManager.Publishing;
using PubSub.PushManager.Upstreams;

namespace PubSub.PushManager.Doors;

/// <summary>What the doors have in common: the way to the publisher, and the count and time of each request.</summary>
internal sealed partial class DoorDesk(Publisher publisher, PushMetrics metrics, TimeProvider time, ILogger<DoorDesk> logger)
{
    public Task<PublishOutcome> PublishAsync(DoorInput input, CancellationToken cancellationToken) =>
        input.Request is { } request
            ? publisher.PublishAsync(request, cancellationToken)
            : Task.FromResult(PublishOutcome.Refused(StatusCode.InvalidArgument, input.Complaint));

    /// <summary>All of them are on their way, in their order, before the first is waited for.</summary>
    public Task<PublishOutcome[]> PublishAsync(IEnumerable<DoorInput> inputs, CancellationToken cancellationToken) =>
        Task.WhenAll(inputs.Select(input => PublishAsync(input, cancellationToken)).ToList());

    public async Task<T> AnswerAsync<T>(string method, Func<Task<T>> answer)
    {
        var started = time.GetTimestamp();
        var status = StatusCode.OK;
        try
        {
            return await answer();
        }
        catch (RpcException refusal)
        {
            status = refusal.StatusCode;
            throw;
        }
        catch (OperationCanceledException)
        {
            // The caller went away; nobody reads the answer.
            status = StatusCode.Cancelled;
            throw;
        }
        catch (BadHttpRequestException)
        {
            status = StatusCode.InvalidArgument;
            throw;
        }
        catch (UpstreamAwayException away)
        {
            status = StatusCode.Unavailable;
            throw Refusal.Of(status, away.Message);
        }
        catch (KeyRefusedException damaged)
        {
            status = StatusCode.DataLoss;
            throw Refusal.Of(status, damaged.Message);
        }
        catch (Exception failure)
        {
            status = StatusCode.Internal;
            LogFailed(failure, method);
            throw Refusal.Of(status, $"{method} failed; the push manager's log says why.");
        }
        finally
        {
            metrics.Answered(method, status, time.GetElapsedTime(started));
        }
    }
}
