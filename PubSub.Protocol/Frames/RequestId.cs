using System.Text;

namespace PubSub.Protocol.Frames;

/// <summary>The id by which a client knows an answer: any short text, sent back as it came.</summary>
internal static class RequestId
{
    public static void Check(string id)
    {
        if (id.Length > FrameLimits.MaxRequestIdBytes / 3 && Encoding.UTF8.GetByteCount(id) > FrameLimits.MaxRequestIdBytes)
            throw new ProtocolViolationException($"The request id is longer than {FrameLimits.MaxRequestIdBytes} bytes.");
    }
}
