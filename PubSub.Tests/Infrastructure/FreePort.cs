using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PubSub.Tests.Infrastructure;

/// <summary>
/// Ports for processes that must be told theirs, and must find it free again after a restart. They are drawn from below
/// the range that the kernel gives to outgoing connections, so that none of those takes the port in the meantime.
/// </summary>
internal static class FreePort
{
    private const int First = 20_000;
    private const int AfterLast = 32_000;

    private static readonly ConcurrentDictionary<int, bool> Given = [];

    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, AfterLast);
            if (Given.TryAdd(port, true) && CanBind(port))
                return port;
        }
    }

    private static bool CanBind(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
