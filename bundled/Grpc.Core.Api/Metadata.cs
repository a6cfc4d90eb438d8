using System.Collections;
using System.Diagnostics;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>The headers or trailers of a call: an ordered list in which a key may occur more than once.</summary>
[DebuggerDisplay("Count = {Count}")]
public sealed partial class Metadata : IList<Metadata.Entry>
{
    /// <summary>Ends the key of every entry whose value is bytes instead of ASCII text.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>No entries, and none can be added.</summary>
    public static readonly Metadata Empty = new(readOnly: true);

    private readonly List<Entry> _entries = [];

    public Metadata()
    {
    }

    private Metadata(bool readOnly)
    {
        IsReadOnly = readOnly;
    }

    public int Count => _entries.Count;

    public bool IsReadOnly { get; }

    public Entry this[int index]
    {
        get => _entries[index];
        set => Writable()[index] = NotNull(value);
    }

    /// <summary>The last entry of this key, which is the one that counts where a single value is expected.</summary>
    public Entry? Get(string key) => _entries.FindLast(entry => entry.HasKey(key));

    public string? GetValue(string key) => Get(key)?.Value;

    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    public IEnumerable<Entry> GetAll(string key) => _entries.Where(entry => entry.HasKey(key));

    public void Add(string key, string value) => Add(new Entry(key, value));

    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    public void Add(Entry item) => Writable().Add(NotNull(item));

    public void Insert(int index, Entry item) => Writable().Insert(index, NotNull(item));

    public bool Remove(Entry item) => Writable().Remove(item);

    public void RemoveAt(int index) => Writable().RemoveAt(index);

    public void Clear() => Writable().Clear();

    public int IndexOf(Entry item) => _entries.IndexOf(item);

    public bool Contains(Entry item) => _entries.Contains(item);

    public void CopyTo(Entry[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);

    public IEnumerator<Entry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static Entry NotNull(Entry item) => GrpcPreconditions.CheckNotNull(item, nameof(item));

    private List<Entry> Writable()
    {
        GrpcPreconditions.CheckState(!IsReadOnly, "This metadata is read-only; fill a new Metadata() instead.");
        return _entries;
    }
}
