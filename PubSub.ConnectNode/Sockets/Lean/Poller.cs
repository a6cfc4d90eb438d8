using System.Buffers.Binary;
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

[Flags]
internal enum PollEvents
{
    None = 0,
    Readable = 0x1,
    Writable = 0x4,
    Error = 0x8,
    HungUp = 0x10,
}

/// <summary>
/// Linux' readiness queue, level-triggered, and the one thread that serves it. A waiting connection costs it a place in
/// an array: no buffer, no task and no event object. What is served here must never block.
/// </summary>
internal sealed partial class Poller : IDisposable
{
    /// <summary>Of the buffer that all reads share.</summary>
    public const int BufferSize = 64 * 1024;

    private const int Most = 512;
    private const int TickMilliseconds = 1000;
    private const int Add = 1;
    private const int Remove = 2;
    private const int Change = 3;

    // The kernel packs the structure on x64 and nowhere else.
    private static readonly int DataAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int Size = DataAt + 8;

    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private readonly byte[] _events = new byte[Most * Size];
    private readonly int _queue;
    private readonly Thread _thread;
    private Place[] _places = new Place[64];
    private int _used;
    private volatile bool _isStopping;

    public Poller(string name)
    {
        _queue = epoll_create1(0);
        if (_queue < 0)
            throw new InvalidOperationException($"epoll_create1 failed with errno {Marshal.GetLastPInvokeError()}.");
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

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
        Span<byte> wish = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(wish, (uint)events);
        int generation;
        lock (_lock)
            generation = _places[place].Generation;
        BinaryPrimitives.WriteInt64LittleEndian(wish[DataAt..], ((long)generation << 32) | (uint)place);
        var operation = before == PollEvents.None ? Add : events == PollEvents.None ? Remove : Change;
        if (epoll_ctl(_queue, operation, socket, ref wish[0]) < 0)
            throw new IOException($"epoll_ctl failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    public void Dispose()
    {
        _isStopping = true;
        if (_thread.IsAlive && _thread != Thread.CurrentThread)
            _thread.Join();
        _ = close(_queue);
    }

    private void Run()
    {
        var ticked = Environment.TickCount64;
        while (!_isStopping)
        {
            var ready = epoll_wait(_queue, ref _events[0], Most, TickMilliseconds);
            // Negative: interrupted by a signal.
            for (var i = 0; i < ready; i++)
                Serve(_events.AsSpan(i * Size, Size));
            if (Environment.TickCount64 - ticked < TickMilliseconds)
                continue;
            ticked = Environment.TickCount64;
            Ticked?.Invoke();
        }
    }

    private void Serve(ReadOnlySpan<byte> found)
    {
        var events = (PollEvents)BinaryPrimitives.ReadUInt32LittleEndian(found);
        var data = BinaryPrimitives.ReadInt64LittleEndian(found[DataAt..]);
        IPolled? target;
        lock (_lock)
        {
            var place = _places[(int)(uint)data];
            target = place.Generation == (int)(data >> 32) ? place.Target : null;
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

#pragma warning disable IDE1006 // The names are libc's.
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_ctl(int queue, int operation, SafeHandle socket, ref byte wish);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_wait(int queue, ref byte events, int most, int milliseconds);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int close(int number);
#pragma warning restore IDE1006
}
