using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PubSub.ConnectNode.Sockets.Lean;

/// <summary>Waits for its socket in a <see cref="Poller"/>.</summary>
internal interface IPolled
{
    /// <summary>Something can be read or written, or the connection is over. On the poller's thread.</summary>
    void Ready(PollEvents events);

    /// <summary><see cref="Ready"/> has failed: the connection is to end.</summary>
    void Fail(Exception error);
}

/// <summary>
/// A readiness queue and the one thread that serves it. A waiting connection costs it a place in an array: no buffer, no
/// task and no event object. What is served here must never block.
/// </summary>
internal sealed class Poller : IDisposable
{
    /// <summary>Of the buffer that all reads share.</summary>
    public const int BufferSize = 64 * 1024;

    private const int TickMilliseconds = 1000;

    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private readonly Epoll _queue = new(512);

    // Can be written to from the beginning: as soon as it is watched, the thread wakes. There before it is needed, as a node
    // that has all the descriptors that it may have must be able to stop.
    private readonly Socket _alarm = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Thread _thread;
    private Place[] _places = new Place[64];
    private int _used;
    private volatile bool _isStopping;

    public Poller(string name) => _thread = new Thread(Run) { IsBackground = true, Name = name };

    /// <summary>For the thread of the poller alone; what is in it is worth nothing after the call.</summary>
    public byte[] Buffer { get; } = new byte[BufferSize];

    /// <summary>About once a second, on the poller's thread.</summary>
    public event Action? Ticked;

    public void Start() => _thread.Start();

    /// <returns>Its place, which is its own until <see cref="Leave"/>.</returns>
    public int Enter(IPolled target)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var index))
            {
                index = _used++;
                if (index == _places.Length)
                    Array.Resize(ref _places, index * 2);
            }

            _places[index].Target = target;
            return index;
        }
    }

    /// <summary>Another one takes over the place and what it waits for.</summary>
    public void Replace(int place, IPolled target)
    {
        lock (_lock)
            _places[place].Target = target;
    }

    public void Leave(int place)
    {
        lock (_lock)
        {
            // An event that was fetched before names another generation.
            _places[place] = new Place { Generation = _places[place].Generation + 1 };
            _free.Push(place);
        }
    }

    /// <summary>From waiting for one set of events to waiting for another; none: it is not watched.</summary>
    public void Watch(int place, SafeHandle socket, PollEvents before, PollEvents events)
    {
        if (before == events || _isStopping)
            return;
        int generation;
        lock (_lock)
            generation = _places[place].Generation;
        var number = ((long)generation << 32) | (uint)place;
        if (before == PollEvents.None)
            _queue.Add(socket, number, events);
        else if (events == PollEvents.None)
            _queue.Remove(socket);
        else
            _queue.Change(socket, number, events);
    }

    public void Dispose()
    {
        _isStopping = true;
        if (_thread.IsAlive && _thread != Thread.CurrentThread)
        {
            _queue.Add(_alarm.SafeHandle, 0, PollEvents.Writable);
            _thread.Join();
        }

        _queue.Dispose();
        _alarm.Dispose();
    }

    private void Run()
    {
        var ticked = Environment.TickCount64;
        while (!_isStopping)
        {
            var ready = _queue.Wait(TickMilliseconds);
            for (var i = 0; i < ready && !_isStopping; i++)
                Serve(_queue.NumberAt(i), _queue.EventsAt(i));
            if (Environment.TickCount64 - ticked < TickMilliseconds)
                continue;
            ticked = Environment.TickCount64;
            Ticked?.Invoke();
        }
    }

    private void Serve(long number, PollEvents events)
    {
        IPolled? target;
        lock (_lock)
        {
            var place = _places[(int)(uint)number];
            target = place.Generation == (int)(number >> 32) ? place.Target : null;
        }

        try
        {
            target?.Ready(events);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // One bad connection must not stop the thread that serves all.
            target?.Fail(error);
        }
    }

    private struct Place
    {
        public IPolled? Target;
        public int Generation;
    }
}
