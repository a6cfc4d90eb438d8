using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace PubSub.PushManager.Mobile;

/// <summary>A signed JWT, RFC 7519 in the compact form of RFC 7515.</summary>
internal static class JsonWebToken
{
    public static string Sign(IReadOnlyDictionary<string, string> header, IReadOnlyDictionary<string, object> claims, Func<byte[], byte[]> sign)
    {
        var signed = $"{Encode(JsonSerializer.SerializeToUtf8Bytes(header))}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{signed}.{Encode(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
