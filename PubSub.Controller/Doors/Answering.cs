using System.Diagnostics;
using Grpc.Core;
using PubSub.Controller.Redis;
using PubSub.Controller.Statistics;

namespace PubSub.Controller.Doors;

/// <summary>What all calls share: the clock, the count, and the way from a refusal to a status.</summary>
internal sealed partial class Answering(ControllerMetrics metrics, ILogger<Answering> logger)
{
    private readonly ILogger<Answering> _logger = logger;

    public async Task<T> AnswerAsync<T>(ServerCallContext context, Func<Task<T>> work)
    {
        var method = context.Method[(context.Method.LastIndexOf('/') + 1)..];
        var started = Stopwatch.GetTimestamp();
        var status = StatusCode.OK;
        try
        {
            return await work();
        }
        catch (Exception failure)
        {
            status = StatusOf(failure);
            if (status == StatusCode.Internal)
                LogFailed(failure, method);
            throw new RpcException(new Status(status, status == StatusCode.Internal ? "The controller failed; its log says why." : failure.Message));
        }
        finally
        {
            metrics.Answered(method, status.ToString(), Stopwatch.GetElapsedTime(started));
        }
    }

    public static StatusCode StatusOf(Exception failure) => failure switch
    {
        Refusal refusal => StatusOf(refusal.Kind),
        RedisAwayException => StatusCode.Unavailable,
        OperationCanceledException => StatusCode.Cancelled,
        _ => StatusCode.Internal,
    };

    private static StatusCode StatusOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => StatusCode.InvalidArgument,
        RefusalKind.NotFound => StatusCode.NotFound,
        RefusalKind.AlreadyExists => StatusCode.AlreadyExists,
        RefusalKind.RoomFull => StatusCode.ResourceExhausted,
        RefusalKind.Ended => StatusCode.FailedPrecondition,
        RefusalKind.NodeAway => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    [LoggerMessage(3501, LogLevel.Error, "{Method} failed")]
    private partial void LogFailed(Exception failure, string method);
}
