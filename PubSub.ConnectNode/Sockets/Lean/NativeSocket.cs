using System.Runtime.InteropServices;

namespace PubSub.ConnectNode.Sockets.Lean;

/// <summary>
/// A connected socket of Linux, non-blocking. As a handle it may be closed by one thread while another sends: the number
/// is given back to the kernel only when the last call is over, so no byte can reach a stranger.
/// </summary>
internal sealed partial class NativeSocket : SafeHandle
{
    private const int Interrupted = 4;
    private const int Again = 11;
    private const int NoSignal = 0x4000;
    private const int PeekOnly = 0x2;
    private const int BothWays = 2;
    private const int OutboundWay = 1;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int Tcp = 6;
    private const int NoDelay = 1;

    public NativeSocket()
        : base(-1, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == -1;

    /// <summary>The next one of those that have connected; null: none, and <paramref name="error"/> says why.</summary>
    public static NativeSocket? Accept(SafeHandle listener, out int error)
    {
        int accepted;
        do
        {
            accepted = accept4(listener, 0, 0, CloseOnExec | NonBlocking);
            error = accepted < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == Interrupted);

        if (accepted < 0)
            return null;
        var socket = new NativeSocket();
        socket.SetHandle(accepted);
        var on = 1;
        // Fails where the peer is gone already, which the first read tells.
        _ = setsockopt(socket, Tcp, NoDelay, in on, sizeof(int));
        return socket;
    }

    /// <summary>How many bytes went; 0: the socket is full; negative: the connection is gone.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            var sent = send(this, in MemoryMarshal.GetReference(bytes), bytes.Length, NoSignal);
            if (sent >= 0)
                return (int)sent;
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    continue;
                case Again:
                    return 0;
                default:
                    return -1;
            }
        }
    }

    /// <summary>How many bytes came; 0: the end; null: nothing yet; negative: the connection is broken.</summary>
    public int? Receive(Span<byte> bytes, bool peek = false)
    {
        while (true)
        {
            var received = recv(this, ref MemoryMarshal.GetReference(bytes), bytes.Length, peek ? PeekOnly : 0);
            if (received >= 0)
                return (int)received;
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    continue;
                case Again:
                    return null;
                default:
                    return -1;
            }
        }
    }

    /// <summary>Says that no more will come, after what was sent.</summary>
    public void Finish() => _ = shutdown(this, OutboundWay);

    /// <summary>Ends both ways at once; whoever reads or writes learns of it.</summary>
    public void Cut() => _ = shutdown(this, BothWays);

    /// <summary>The number without its handle, for somebody else to own.</summary>
    public nint Detach()
    {
        var number = handle;
        SetHandleAsInvalid();
        return number;
    }

    protected override bool ReleaseHandle() => close(handle) == 0;

#pragma warning disable IDE1006 // The names are libc's.
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int accept4(SafeHandle listener, nint address, nint length, int flags);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setsockopt(NativeSocket socket, int level, int option, in int value, int length);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint send(NativeSocket socket, in byte bytes, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint recv(NativeSocket socket, ref byte bytes, nint length, int flags);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int shutdown(NativeSocket socket, int how);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int close(nint number);
#pragma warning restore IDE1006
}
