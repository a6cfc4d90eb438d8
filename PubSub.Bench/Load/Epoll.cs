using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PubSub.Bench.Load;

/// <summary>
/// Linux' readiness queue, level-triggered. One thread watches all connections with it: a task or an event object for
/// each would cost more than the server that is measured.
/// </summary>
internal sealed partial class Epoll : IDisposable
{
    public const uint Readable = 0x1;
    public const uint Writable = 0x4;

    private const int Most = 1024;
    private const int Add = 1;
    private const int Change = 3;

    // The kernel packs the structure on x64 and nowhere else.
    private static readonly int DataAt = RuntimeInformation.OSArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int Size = DataAt + 8;

    private readonly int _queue = Checked(epoll_create1(0));
    private readonly byte[] _events = new byte[Most * Size];

    public void Watch(Socket socket, int number, uint events) => Control(Add, socket, number, events);

    public void Rewatch(Socket socket, int number, uint events) => Control(Change, socket, number, events);

    /// <summary>How many are ready; ask <see cref="NumberAt"/> for each.</summary>
    public int Wait(int milliseconds)
    {
        var ready = epoll_wait(_queue, ref _events[0], Most, milliseconds);
        // Interrupted by a signal is no event.
        return Math.Max(0, ready);
    }

    public int NumberAt(int index) => (int)BinaryPrimitives.ReadInt64LittleEndian(_events.AsSpan((index * Size) + DataAt));

    public void Dispose() => _ = close(_queue);

    private void Control(int operation, Socket socket, int number, uint events)
    {
        Span<byte> wish = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(wish, events);
        BinaryPrimitives.WriteInt64LittleEndian(wish[DataAt..], number);
        Checked(epoll_ctl(_queue, operation, (int)socket.Handle, ref wish[0]));
    }

    private static int Checked(int result) =>
        result >= 0 ? result : throw new InvalidOperationException($"epoll failed with errno {Marshal.GetLastPInvokeError()}.");

#pragma warning disable IDE1006 // The names are libc's.
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_ctl(int queue, int operation, int descriptor, ref byte wish);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int epoll_wait(int queue, ref byte events, int most, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int close(int descriptor);
#pragma warning restore IDE1006
}
