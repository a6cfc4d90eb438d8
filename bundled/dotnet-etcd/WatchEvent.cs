using Mvccpb;

namespace dotnet_etcd;

/// <summary>One change that a watch saw, as text.</summary>
public class WatchEvent
{
    public string Key { get; set; } = "";

    public string Value { get; set; } = "";

    public Event.Types.EventType Type { get; set; }
}
