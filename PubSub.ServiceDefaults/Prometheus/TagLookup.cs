namespace PubSub.ServiceDefaults.Prometheus;

/// <summary>
/// From the tags of a measurement, as they come, to their series: an open-addressing table that is read without a
/// lock and replaced when it grows. The same tags in another order, or another type of the same value, are further
/// entries for the same series; which series that is, the family decides on a miss.
/// </summary>
internal sealed class TagLookup(int mostEntries)
{
    private readonly Lock _gate = new();
    private Entry?[] _entries = new Entry?[16];
    private int _count;

    public Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = Hash(tags);
        var entries = Volatile.Read(ref _entries);
        for (var i = hash & (entries.Length - 1); ; i = (i + 1) & (entries.Length - 1))
        {
            var entry = Volatile.Read(ref entries[i]);
            if (entry is null)
                return null;

            if (entry.Hash == hash && entry.Matches(tags))
                return entry.Series;
        }
    }

    public void Add(ReadOnlySpan<KeyValuePair<string, object?>> tags, Series series)
    {
        lock (_gate)
        {
            if (_count >= mostEntries || Find(tags) is not null)
                return;

            // At most half full: a reader always meets an empty slot.
            if ((_count + 1) * 2 > _entries.Length)
            {
                var grown = new Entry?[_entries.Length * 2];
                foreach (var entry in _entries)
                {
                    if (entry is not null)
                        Insert(grown, entry);
                }

                Volatile.Write(ref _entries, grown);
            }

            Insert(_entries, new Entry(Hash(tags), tags.ToArray(), series));
            _count++;
        }
    }

    private static void Insert(Entry?[] entries, Entry entry)
    {
        var i = entry.Hash & (entries.Length - 1);
        while (entries[i] is not null)
            i = (i + 1) & (entries.Length - 1);

        Volatile.Write(ref entries[i], entry);
    }

    private static int Hash(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = tags.Length;
        foreach (ref readonly var tag in tags)
        {
            // Keys are few and mostly differ in length; hashing their text would cost more than it tells apart.
            hash = (hash * 31) + tag.Key.Length;
            hash = (hash * -1521134295) + (tag.Value?.GetHashCode() ?? 0);
        }

        return (hash ^ (hash >>> 15)) & int.MaxValue;
    }

    private sealed class Entry(int hash, KeyValuePair<string, object?>[] tags, Series series)
    {
        public int Hash => hash;

        public Series Series => series;

        public bool Matches(ReadOnlySpan<KeyValuePair<string, object?>> other)
        {
            if (other.Length != tags.Length)
                return false;

            for (var i = 0; i < tags.Length; i++)
            {
                if (!string.Equals(other[i].Key, tags[i].Key, StringComparison.Ordinal)
                    || !Equals(other[i].Value, tags[i].Value))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
