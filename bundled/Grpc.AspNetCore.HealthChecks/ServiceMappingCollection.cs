using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>The mappings in the order in which they were added, one per service name.</summary>
public sealed class ServiceMappingCollection : ICollection<ServiceMapping>
{
    private readonly OrderedDictionary<string, ServiceMapping> _byName = [];

    public int Count => _byName.Count;

    bool ICollection<ServiceMapping>.IsReadOnly => false;

    /// <summary>Maps a service name to health checks, in place of an earlier mapping of that name.</summary>
    public void Map(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        Remove(name);
        Add(new ServiceMapping(name, predicate));
    }

    [Obsolete("Use Map(string name, Func<HealthCheckMapContext, bool> predicate).")]
    public void MapService(string name, Func<HealthResult, bool> predicate)
    {
        Remove(name);
        Add(new ServiceMapping(name, predicate));
    }

    public void Add(ServiceMapping service) => _byName.Add(service.Name, service);

    public void Remove(string name) => _byName.Remove(name);

    public void Clear() => _byName.Clear();

    public IEnumerator<ServiceMapping> GetEnumerator() => _byName.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    bool ICollection<ServiceMapping>.Contains(ServiceMapping item) => _byName.ContainsValue(item);

    void ICollection<ServiceMapping>.CopyTo(ServiceMapping[] array, int arrayIndex) =>
        _byName.Values.CopyTo(array, arrayIndex);

    bool ICollection<ServiceMapping>.Remove(ServiceMapping item) =>
        _byName.TryGetValue(item.Name, out var found) && found == item && _byName.Remove(item.Name);

    internal bool TryGet(string name, [NotNullWhen(true)] out ServiceMapping? mapping) =>
        _byName.TryGetValue(name, out mapping);
}
