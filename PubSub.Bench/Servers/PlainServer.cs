using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using PubSub.ConnectNode.Sockets.Lean;

namespace PubSub.Bench.Servers;

/// <summary>
/// The floor: one thread, and for each delivery one <c>send</c> of a ready frame into a non-blocking socket: libc's, called
/// as the node calls it. It knows no rooms, bounds or slow readers; what it spends is what the kernel asks for a delivery.
/// </summary>
internal static partial class PlainServer
{
    public const string Command = "serve-plain";

    private const int NoSignal = 0x4000;
    private const int NeverWait = 0x40;
    private static readonly PlainFrame Frame = new();

    public static async Task<int> RunAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1024);
        Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port);
        new Thread(() => Serve(listener)) { IsBackground = true, Name = "plain" }.Start();
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private static void Serve(Socket listener)
    {
        using var epoll = new Epoll(1024);
        var sockets = new List<Socket>();
        var subscribers = new List<SafeHandle>();
        var buffer = new byte[256 * 1024];
        var rest = 0;
        Socket? publisher = null;
        epoll.Add(listener.SafeHandle, -1, PollEvents.Readable);
        while (true)
        {
            for (var (i, ready) = (0, epoll.Wait(1000)); i < ready; i++)
            {
                var number = (int)epoll.NumberAt(i);
                if (number < 0)
                {
                    var accepted = listener.Accept();
                    accepted.NoDelay = true;
                    accepted.Blocking = false;
                    epoll.Add(accepted.SafeHandle, sockets.Count, PollEvents.Readable);
                    sockets.Add(accepted);
                }
                else if (sockets[number] == publisher)
                {
                    var read = publisher.Receive(buffer.AsSpan(rest), SocketFlags.None, out _);
                    if (read > 0)
                        rest = Push(buffer, rest + read, subscribers);
                    else
                        epoll.Change(publisher.SafeHandle, number, PollEvents.None);
                }
                else if (!Upgrade(sockets[number], buffer.AsSpan(rest), subscribers, ref publisher))
                {
                    epoll.Change(sockets[number].SafeHandle, number, PollEvents.None);
                }
            }
        }
    }

    private static bool Upgrade(Socket socket, Span<byte> buffer, List<SafeHandle> subscribers, ref Socket? publisher)
    {
        var read = socket.Receive(buffer, SocketFlags.None, out _);
        if (read <= 0)
            return false;
        if (buffer.StartsWith("GET /publish"u8))
            publisher = socket;
        else
            subscribers.Add(socket.SafeHandle);
        socket.Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"u8, SocketFlags.None, out _);
        return true;
    }

    /// <summary>Pushes the whole frames of the publisher; what is left of another moves to the front.</summary>
    private static int Push(byte[] buffer, int length, List<SafeHandle> subscribers)
    {
        var at = 0;
        while (length - at >= 8)
        {
            var small = buffer[at + 1] & 0x7f;
            var header = small < 126 ? 6 : 8;
            var size = small < 126 ? small : (buffer[at + 2] << 8) | buffer[at + 3];
            if (length - at < header + size)
                break;
            var frame = Frame.Of(buffer.AsSpan(at + header, size));
            // What a socket does not take is not delivered, which the load sees.
            foreach (var subscriber in subscribers)
                _ = send(subscriber, in frame[0], frame.Length, NoSignal | NeverWait);
            at += header + size;
        }

        buffer.AsSpan(at, length - at).CopyTo(buffer);
        return length - at;
    }

#pragma warning disable IDE1006 // The name is libc's.
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint send(SafeHandle socket, in byte bytes, nint length, int flags);
#pragma warning restore IDE1006
}
