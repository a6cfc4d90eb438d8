using System.Buffers;
using System.Text;
using Grpc.Core.Utils;

namespace Grpc.Core;

public sealed partial class Metadata
{
    private static readonly SearchValues<char> KeyCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>One key with its value, which is text unless the key ends in -bin. It never changes.</summary>
    public class Entry
    {
        private readonly string? _text;
        private readonly byte[]? _bytes;

        public Entry(string key, byte[] valueBytes)
        {
            Key = Normalize(key);
            GrpcPreconditions.CheckArgument(
                IsBinaryKey(Key),
                $"The value of metadata key '{Key}' is bytes, so the key has to end in '{BinaryHeaderSuffix}'.");
            _bytes = (byte[])GrpcPreconditions.CheckNotNull(valueBytes, nameof(valueBytes)).Clone();
        }

        public Entry(string key, string value)
        {
            Key = Normalize(key);
            GrpcPreconditions.CheckArgument(
                !IsBinaryKey(Key),
                $"The value of metadata key '{Key}' is text, so the key must not end in '{BinaryHeaderSuffix}'.");
            _text = GrpcPreconditions.CheckNotNull(value, nameof(value));
        }

        /// <summary>Always lower case.</summary>
        public string Key { get; }

        public bool IsBinary => _bytes is not null;

        public string Value =>
            _text ?? throw new InvalidOperationException($"Metadata entry '{Key}' is binary; read ValueBytes.");

        /// <summary>A copy of the bytes; for a text value its ASCII form.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : (byte[])_bytes.Clone();

        public override string ToString() =>
            IsBinary ? $"[Entry: key={Key}, valueBytes={_bytes}]" : $"[Entry: key={Key}, value={_text}]";

        internal bool HasKey(string key) => Key.Equals(key, StringComparison.OrdinalIgnoreCase);

        private static bool IsBinaryKey(string key) => key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        private static string Normalize(string key)
        {
            GrpcPreconditions.CheckNotNull(key, nameof(key));
            if (!key.AsSpan().ContainsAnyExcept(KeyCharacters))
            {
                return key;
            }

            // ASCII-only lowering: the Kelvin sign must not turn into a k and pass the check below.
            var lower = string.Create(key.Length, key, static (span, from) => Ascii.ToLower(from, span, out _));
            GrpcPreconditions.CheckArgument(
                Ascii.IsValid(key) && !lower.AsSpan().ContainsAnyExcept(KeyCharacters),
                $"'{key}' is no metadata key: only letters, digits, '.', '_' and '-' can be used.");
            return lower;
        }
    }
}
