using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using PubSub.Protocol.Frames;

namespace PubSub.ConnectNode.Sockets;

/// <summary>The opening handshake of RFC 6455, section 4.2: a request to an answer, or to what is wrong with it.</summary>
internal readonly record struct WebSocketHandshake(int Status, string Problem, string Key, FrameCodec Codec, bool NamesSubprotocol, StringValues Extensions)
{
    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int KeyBytes = 16;

    public bool IsGood => Status == StatusCodes.Status101SwitchingProtocols;

    public static WebSocketHandshake Read(HttpRequest request)
    {
        var headers = request.Headers;
        if (!Has(headers.Connection, "Upgrade") || !Has(headers.Upgrade, "websocket"))
            return Refuse(StatusCodes.Status426UpgradeRequired, "This address speaks WebSocket: send Connection: Upgrade and Upgrade: websocket.");
        if (!HttpMethods.IsGet(request.Method) || request.Protocol != HttpProtocol.Http11)
            return Refuse(StatusCodes.Status400BadRequest, "A WebSocket begins with GET over HTTP/1.1.");
        if (headers.SecWebSocketVersion != "13")
            return Refuse(StatusCodes.Status426UpgradeRequired, "This node speaks version 13: send Sec-WebSocket-Version: 13.");

        Span<byte> nonce = stackalloc byte[KeyBytes + 2];
        var key = headers.SecWebSocketKey.ToString();
        if (!Convert.TryFromBase64String(key, nonce, out var bytes) || bytes != KeyBytes)
            return Refuse(StatusCodes.Status400BadRequest, "Sec-WebSocket-Key is not the base64 form of 16 bytes.");

        if (StringValues.IsNullOrEmpty(headers.SecWebSocketProtocol))
            return new WebSocketHandshake(StatusCodes.Status101SwitchingProtocols, "", key, FrameCodec.Json, false, headers.SecWebSocketExtensions);
        foreach (var offered in Tokens(headers.SecWebSocketProtocol))
        {
            if (offered is FrameCodec.JsonSubprotocol or FrameCodec.ProtobufSubprotocol)
            {
                var codec = offered == FrameCodec.JsonSubprotocol ? FrameCodec.Json : FrameCodec.Protobuf;
                return new WebSocketHandshake(StatusCodes.Status101SwitchingProtocols, "", key, codec, true, headers.SecWebSocketExtensions);
            }
        }

        return Refuse(
            StatusCodes.Status400BadRequest,
            $"None of the offered subprotocols is spoken here: offer {FrameCodec.JsonSubprotocol} or {FrameCodec.ProtobufSubprotocol}, or none.");
    }

    /// <param name="extensions">What was agreed to; empty for nothing.</param>
    public byte[] Answer(string extensions)
    {
        // What RFC 6455 asks for; it guards nothing.
#pragma warning disable CA5350
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(Key + Guid)));
#pragma warning restore CA5350
        var answer = $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{HeaderNames.SecWebSocketAccept}: {accept}\r\n";
        if (NamesSubprotocol)
            answer += $"{HeaderNames.SecWebSocketProtocol}: {Codec.Subprotocol}\r\n";
        if (extensions.Length > 0)
            answer += $"{HeaderNames.SecWebSocketExtensions}: {extensions}\r\n";
        return Encoding.ASCII.GetBytes(answer + "\r\n");
    }

    private static WebSocketHandshake Refuse(int status, string problem) => new(status, problem, "", FrameCodec.Json, false, default);

    private static bool Has(StringValues header, string token) =>
        Tokens(header).Contains(token, StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> Tokens(StringValues header) => header
        .SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
