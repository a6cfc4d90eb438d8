using Etcdserverpb;
using Google.Protobuf;

namespace dotnet_etcd.Watching;

/// <summary>Requests from keys, and events as text.</summary>
internal static class WatchEvents
{
    public static WatchRequest Key(string key, long startRevision = 0) =>
        Request(ByteString.CopyFromUtf8(key), ByteString.Empty, startRevision);

    public static WatchRequest Prefix(string prefix, long startRevision = 0) =>
        Request(EtcdClient.GetStringByteForRangeRequests(prefix),
            ByteString.CopyFromUtf8(EtcdClient.GetRangeEnd(prefix)), startRevision);

    public static WatchEvent[] From(WatchResponse response) =>
        [.. response.Events.Select(change => new WatchEvent
        {
            Key = change.Kv.Key.ToStringUtf8(),
            Value = change.Kv.Value.ToStringUtf8(),
            Type = change.Type,
        })];

    private static WatchRequest Request(ByteString key, ByteString rangeEnd, long startRevision) => new()
    {
        CreateRequest = new WatchCreateRequest
        {
            Key = key,
            RangeEnd = rangeEnd,
            StartRevision = startRevision,
            ProgressNotify = true,
            PrevKv = true,
        },
    };
}
