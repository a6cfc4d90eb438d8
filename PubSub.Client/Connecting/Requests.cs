using System.Collections.Concurrent;
using System.Globalization;
using PubSub.Protocol.Client;
using PubSub.Protocol.Outcomes;

namespace PubSub.Client.Connecting;

/// <summary>The requests of one connection that wait for their answers.</summary>
internal sealed class Requests
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ServerEnvelope>> _open = new(StringComparer.Ordinal);
    private volatile Ending? _ending;
    private int _lastId;

    public (string Id, Task<ServerEnvelope> Answer) Open()
    {
        var id = Interlocked.Increment(ref _lastId).ToString(CultureInfo.InvariantCulture);
        var answer = _open[id] = new TaskCompletionSource<ServerEnvelope>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_ending is { } ending)
            answer.TrySetException(new ConnectionEndedException(ending));
        return (id, answer.Task);
    }

    public void Forget(string id) => _open.TryRemove(id, out _);

    /// <returns>False: nobody waits for it.</returns>
    public bool TryAnswer(ServerEnvelope frame)
    {
        if (frame.Id.Length == 0 || !_open.TryRemove(frame.Id, out var waiting))
            return false;
        if (frame.Error is { } error)
            waiting.TrySetException(Refusal(error));
        else
            waiting.TrySetResult(frame);
        return true;
    }

    public static PubSubException Refusal(Error error) =>
        new(error.Code, error.Message, ((ErrorCode)error.Code).IsTemporary());

    public void FailAll(Ending ending)
    {
        _ending = ending;
        foreach (var id in _open.Keys)
        {
            if (_open.TryRemove(id, out var waiting))
                waiting.TrySetException(new ConnectionEndedException(ending));
        }
    }
}
