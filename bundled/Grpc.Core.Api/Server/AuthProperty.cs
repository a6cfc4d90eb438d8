using System.Text;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>One fact about a peer. It never changes.</summary>
public class AuthProperty
{
    private readonly byte[] _bytes;
    private string? _text;

    private AuthProperty(string name, byte[] bytes)
    {
        Name = GrpcPreconditions.CheckNotNull(name, nameof(name));
        _bytes = bytes;
    }

    public string Name { get; }

    /// <summary>The bytes read as UTF-8.</summary>
    public string Value => _text ??= Encoding.UTF8.GetString(_bytes);

    public byte[] ValueBytes => (byte[])_bytes.Clone();

    public static AuthProperty Create(string name, byte[] valueBytes) =>
        new(name, (byte[])GrpcPreconditions.CheckNotNull(valueBytes, nameof(valueBytes)).Clone());
}
