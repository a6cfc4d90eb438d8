namespace PubSub.ConnectNode.Delivery;

/// <summary>
/// What waits for a lane, and its turns on the thread pool: one at a time, each with all that has gathered. An idle lane
/// holds no thread.
/// </summary>
/// <param name="turn">Does one turn's work.</param>
internal sealed class LaneQueue(Action<List<LaneWork>> turn) : IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private List<LaneWork> _queue = [];
    private List<LaneWork> _working = [];
    private bool _running;

    public void Post(in LaneWork work)
    {
        lock (_lock)
        {
            _queue.Add(work);
            if (_running)
                return;
            _running = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_queue.Count == 0)
                {
                    _running = false;
                    return;
                }

                (_queue, _working) = (_working, _queue);
            }

            turn(_working);
            _working.Clear();
        }
    }
}
