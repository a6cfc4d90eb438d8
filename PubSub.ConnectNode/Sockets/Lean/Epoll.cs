using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PubSub.ConnectNode.Sockets.Lean;

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
/// Linux' readiness queue, level-triggered: one thread watches all sockets with it, and none of them costs a task or an
/// event object. Each is watched under a number that its events bring back.
/// </summary>
/// <param name="most">So many events come from one wait.</param>
internal sealed partial class Epoll(int most) : IDisposable
{
    private const int AddWish = 1;
    private const int RemoveWish = 2;
    private const int ChangeWish = 3;

    // The kernel packs the structure on x64 and nowhere else.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int Size = DataOffset + 8;

    private readonly int _queue = Create();
    private readonly byte[] _events = new byte[most * Size];

    public void Add(SafeHandle socket, long number, PollEvents events) => Control(AddWish, socket, number, events);

    public void Change(SafeHandle socket, long number, PollEvents events) => Control(ChangeWish, socket, number, events);

    public void Remove(SafeHandle socket) => Control(RemoveWish, socket, 0, PollEvents.None);

    /// <summary>How many are ready; ask <see cref="NumberAt"/> and <see cref="EventsAt"/> for each.</summary>
    public int Wait(int milliseconds)
    {
        var ready = epoll_wait(_queue, ref _events[0], most, milliseconds);
        // Interrupted by a signal is no event.
        return Math.Max(0, ready);
    }

    public long NumberAt(int index) => BinaryPrimitives.ReadInt64LittleEndian(_events.AsSpan((index * Size) + DataOffset));

    public PollEvents EventsAt(int index) => (PollEvents)BinaryPrimitives.ReadUInt32LittleEndian(_events.AsSpan(index * Size));

    public void Dispose() => _ = close(_queue);

    private static int Create()
    {
        var queue = epoll_create1(0);
        return queue >= 0 ? queue : throw new InvalidOperationException($"epoll_create1 failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    private void Control(int operation, SafeHandle socket, long number, PollEvents events)
    {
        Span<byte> wish = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(wish, (uint)events);
        BinaryPrimitives.WriteInt64LittleEndian(wish[DataOffset..], number);
        if (epoll_ctl(_queue, operation, socket, ref wish[0]) < 0)
            throw new IOException($"epoll_ctl failed with errno {Marshal.GetLastPInvokeError()}.");
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
