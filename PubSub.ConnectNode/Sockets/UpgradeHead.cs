using System.Buffers;
using System.Text;

namespace PubSub.ConnectNode.Sockets;

/// <summary>
/// The head of a request for a WebSocket, as nearly all clients send it. What is unusual in any way is not read here but
/// left to Kestrel, which knows all of HTTP.
/// </summary>
internal static class UpgradeHead
{
    private static readonly SearchValues<byte> Plain =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x5f).Select(static value => (byte)value), (byte)'\r', (byte)'\n']);

    private static readonly SearchValues<byte> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <param name="bytes">What has come.</param>
    /// <param name="length">Of the head, with the empty line at its end.</param>
    public static HttpRequest? Read(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (!bytes.StartsWith("GET /ws"u8))
            return null;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0 || bytes[..end].ContainsAnyExcept(Plain))
            return null;

        length = end + 4;
        // Keeps the line end of the last header.
        var head = bytes[..(end + 2)];
        var line = NextLine(ref head);
        var request = new DefaultHttpContext().Request;
        if (!TryReadTarget(line, request))
            return null;
        while (!head.IsEmpty)
        {
            if (!TryReadHeader(NextLine(ref head), request.Headers))
                return null;
        }

        return request.Headers.Host.Count == 1 && request.Headers.ContentLength is null && request.Headers.TransferEncoding.Count == 0
            ? request
            : null;
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf("\r\n"u8);
        var line = head[..end];
        head = head[(end + 2)..];
        return line;
    }

    private static bool TryReadTarget(ReadOnlySpan<byte> line, HttpRequest request)
    {
        var target = line["GET "u8.Length..];
        if (!target.EndsWith(" HTTP/1.1"u8))
            return false;
        target = target[..^" HTTP/1.1"u8.Length];
        var query = target["/ws"u8.Length..];
        if (target.ContainsAny(" #\r\n"u8) || (!query.IsEmpty && query[0] != '?'))
            return false;

        request.Method = HttpMethods.Get;
        request.Protocol = HttpProtocol.Http11;
        request.QueryString = new QueryString(Encoding.ASCII.GetString(query));
        return true;
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> line, IHeaderDictionary headers)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(Token) || line.ContainsAny("\r\n"u8))
            return false;
        headers.Append(Encoding.ASCII.GetString(line[..colon]), Encoding.ASCII.GetString(line[(colon + 1)..].Trim((byte)' ')));
        return true;
    }
}
