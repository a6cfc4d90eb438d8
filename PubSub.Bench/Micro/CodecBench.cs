using BenchmarkDotNet.Attributes;
using PubSub.ConnectNode.Delivery;
using PubSub.Protocol.Client;
using PubSub.Protocol.Frames;

namespace PubSub.Bench.Micro;

/// <summary>One frame in or out, in both encodings.</summary>
[MemoryDiagnoser]
public class CodecBench
{
    private readonly byte[] _ping = "{\"type\":\"ping\",\"id\":\"7\"}"u8.ToArray();
    private readonly byte[] _text =
        "{\"type\":\"clientMessages\",\"id\":\"7\",\"payload\":{\"roomId\":\"room-001\",\"content\":\"Hello, everybody in this room\"}}"u8.ToArray();

    private readonly ServerEnvelope _message = new() { ServerMessages = new ServerMessages { Messages = { ServerFrame.Message(MicroParts.Message(1)) } } };

    [Benchmark]
    public int EncodeJson() => Encode(FrameCodec.Json);

    [Benchmark]
    public int EncodeProtobuf() => Encode(FrameCodec.Protobuf);

    [Benchmark]
    public ClientEnvelope DecodePing() => FrameCodec.Json.DecodeClient(_ping);

    [Benchmark]
    public ClientEnvelope DecodeClientMessage() => FrameCodec.Json.DecodeClient(_text);

    private int Encode(FrameCodec codec)
    {
        var frame = SharedFrame.Rent();
        frame.Add(codec, _message);
        var length = frame.Length;
        frame.Release();
        return length;
    }
}
