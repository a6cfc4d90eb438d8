namespace PubSub.Client.Receiving;

/// <summary>An event's subscribers among the <see cref="Handlers"/>, in the order in which they came.</summary>
internal sealed class EventHandlers(Handlers handlers)
{
    private readonly List<(Action<Message> Handler, Func<Message, ValueTask> Adapter)> _known = [];

    public void Add(Action<Message> handler)
    {
        Func<Message, ValueTask> adapter = message =>
        {
            handler(message);
            return ValueTask.CompletedTask;
        };
        lock (_known)
            _known.Add((handler, adapter));
        handlers.Add(adapter);
    }

    public void Remove(Action<Message> handler)
    {
        lock (_known)
        {
            var last = _known.FindLastIndex(known => known.Handler == handler);
            if (last < 0)
                return;
            handlers.Remove(_known[last].Adapter);
            _known.RemoveAt(last);
        }
    }
}
