using PubSub.ConnectNode.Channels;

namespace PubSub.ConnectNode.Delivery;

/// <summary>
/// Spreads the fan-out of a large channel over the cores: the lane and some helpers take the subscribers share by share,
/// and the lane goes on when all are done, so the order of its channels holds. One for each lane; it allocates nothing.
/// </summary>
internal sealed class FanoutCrew : IThreadPoolWorkItem
{
    /// <summary>Below this, waking a helper costs more than it does.</summary>
    private const int WorthHelp = 1024;

    private const int Share = 128;

    private readonly object _gate = new();
    private readonly int _mostHelpers;
    private SubscriberSet _members = new();
    private SharedFrame? _json;
    private SharedFrame? _protobuf;
    private int _next;
    private int _reached;
    private int _helping;
    private bool _isOpen;

    /// <param name="cores">That may work on one channel.</param>
    public FanoutCrew(int cores) => _mostHelpers = cores - 1;

    /// <summary>Hands the run to all of them; the frame of an encoding that none of them has may be null.</summary>
    public int Send(SubscriberSet members, SharedFrame? json, SharedFrame? protobuf)
    {
        var helpers = Math.Min(_mostHelpers, members.Count / WorthHelp);
        if (helpers == 0)
            return Fanout.Send(members.Members, json, protobuf);

        lock (_gate)
        {
            (_members, _json, _protobuf) = (members, json, protobuf);
            (_next, _reached, _isOpen) = (0, 0, true);
        }

        for (var i = 0; i < helpers; i++)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        Work();
        lock (_gate)
        {
            // Who comes after this finds nothing to do.
            _isOpen = false;
            while (_helping > 0)
                Monitor.Wait(_gate);
            (_json, _protobuf) = (null, null);
            return _reached;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        lock (_gate)
        {
            if (!_isOpen)
                return;
            _helping++;
        }

        try
        {
            Work();
        }
        finally
        {
            lock (_gate)
            {
                if (--_helping == 0)
                    Monitor.Pulse(_gate);
            }
        }
    }

    private void Work()
    {
        var members = _members.Members;
        var reached = 0;
        while (true)
        {
            var from = Interlocked.Add(ref _next, Share) - Share;
            if (from >= members.Length)
                break;
            reached += Fanout.Send(members.Slice(from, Math.Min(Share, members.Length - from)), _json, _protobuf);
        }

        Interlocked.Add(ref _reached, reached);
    }
}
