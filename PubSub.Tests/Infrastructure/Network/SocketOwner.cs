using System.Globalization;

namespace PubSub.Tests.Infrastructure.Network;

/// <summary>Which process holds the other end of a connection on this machine.</summary>
internal static class SocketOwner
{
    /// <param name="port">The port on the process's side.</param>
    /// <param name="serverPort">The port it is connected to.</param>
    /// <param name="candidates">The processes that are asked.</param>
    /// <returns>Its id, or null if it is none of the candidates.</returns>
    public static int? Of(int port, int serverPort, IEnumerable<int> candidates)
    {
        if (Inode(port, serverPort) is not { } inode)
            return null;
        var link = $"socket:[{inode}]";
        foreach (var candidate in candidates)
        {
            if (Holds(candidate, link))
                return candidate;
        }

        return null;
    }

    private static bool Holds(int processId, string link)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{processId}/fd").Any(file => Target(file) == link);
        }
        catch (IOException)
        {
            return false; // The process is gone.
        }
    }

    private static string? Target(string file)
    {
        try
        {
            return File.ResolveLinkTarget(file, false)?.Name;
        }
        catch (IOException)
        {
            return null; // This descriptor is gone already; the next one may be the one.
        }
    }

    // Columns: number, local address:port, remote address:port, state, queues, timer, retransmits, user, time-out, inode.
    private static string? Inode(int port, int serverPort)
    {
        var (local, remote) = (Hex(port), Hex(serverPort));
        foreach (var line in File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6")))
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > 9 && columns[1].EndsWith(local, StringComparison.Ordinal) && columns[2].EndsWith(remote, StringComparison.Ordinal))
                return columns[9];
        }

        return null;
    }

    private static string Hex(int port) => string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
}
