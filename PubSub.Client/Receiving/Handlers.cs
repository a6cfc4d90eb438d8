using System.Runtime.CompilerServices;

namespace PubSub.Client.Receiving;

/// <summary>
/// Who wants the messages: events and enumerations. All are called one after another, message by message, and the next
/// message waits for them.
/// </summary>
internal sealed class Handlers
{
    private readonly Lock _lock = new();
    private Func<Message, ValueTask>[] _handlers = [];

    public void Add(Func<Message, ValueTask> handler)
    {
        lock (_lock)
            _handlers = [.. _handlers, handler];
    }

    public void Remove(Func<Message, ValueTask> handler)
    {
        lock (_lock)
            _handlers = [.. _handlers.Where(known => known != handler)];
    }

    public async ValueTask CallAsync(Message message, Action<Exception> failed)
    {
        foreach (var handler in Volatile.Read(ref _handlers))
        {
            try
            {
                await handler(message);
            }
#pragma warning disable CA1031 // The app's code may throw anything; the next message must come all the same.
            catch (Exception error)
#pragma warning restore CA1031
            {
                failed(error);
            }
        }
    }

    /// <param name="begin">Called when the messages are listened to, so that none is missed.</param>
    /// <param name="closed">Ends the enumeration.</param>
    /// <param name="cancellationToken">Ends it too.</param>
    public async IAsyncEnumerable<Message> ReadAsync(
        Func<CancellationToken, Task> begin, Task closed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = new Reader();
        Add(reader.HandleAsync);
        try
        {
            await begin(cancellationToken);
            while (await reader.NextAsync(closed, cancellationToken) is { } message)
                yield return message;
        }
        finally
        {
            Remove(reader.HandleAsync);
            reader.Leave();
        }
    }

    /// <summary>Hands messages over one at a time: the dispatcher goes on when the enumeration asks for the next one.</summary>
    private sealed class Reader
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource<Message> _next = New<Message>();
        private TaskCompletionSource? _done;
        private bool _handedOut;
        private bool _left;

        public ValueTask HandleAsync(Message message)
        {
            lock (_lock)
            {
                if (_left)
                    return ValueTask.CompletedTask;
                var done = _done = New();
                _next.SetResult(message);
                return new ValueTask(done.Task);
            }
        }

        public async Task<Message?> NextAsync(Task closed, CancellationToken cancellationToken)
        {
            Task<Message> next;
            lock (_lock)
            {
                // A message may have come before it was first asked for one: that is still to be handed out.
                if (_handedOut)
                {
                    _handedOut = false;
                    _next = New<Message>();
                    _done!.SetResult();
                }

                next = _next.Task;
            }

            await Task.WhenAny(next, closed).WaitAsync(cancellationToken);
            if (!next.IsCompletedSuccessfully)
            {
                await closed;
                return null;
            }

            lock (_lock)
                _handedOut = true;
            return await next;
        }

        public void Leave()
        {
            lock (_lock)
            {
                _left = true;
                _done?.TrySetResult();
            }
        }

        private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
