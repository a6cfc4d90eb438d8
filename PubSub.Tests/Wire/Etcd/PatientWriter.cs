using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

/// <summary>Writes numbered keys, each exactly once, through whatever happens to etcd meanwhile.</summary>
internal sealed class PatientWriter(string endpoints, string prefix) : IDisposable
{
    private readonly EtcdClient _client = EtcdClientWithoutRetries.Create(endpoints);
    private int _written;

    public int Written => Volatile.Read(ref _written);

    public string Key(int number) => $"{prefix}{number:D6}";

    public IEnumerable<string> Keys => Enumerable.Range(0, Written).Select(Key);

    public async Task WriteUntilAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await WriteAsync();
        }
    }

    public Task ForAsync(int more)
    {
        var goal = Written + more;
        return Wait.UntilAsync(() => Written >= goal, $"{more} more writes");
    }

    // Creating a key at most once makes it safe to repeat a write of which only the answer was lost.
    private async Task WriteAsync()
    {
        var key = ByteString.CopyFromUtf8(Key(_written));
        var request = new TxnRequest
        {
            Compare = { new Compare { Key = key, Target = Compare.Types.CompareTarget.Create, CreateRevision = 0 } },
            Success = { new RequestOp { RequestPut = new PutRequest { Key = key, Value = ByteString.CopyFromUtf8("x") } } },
        };
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    await _client.TransactionAsync(request, deadline: DateTime.UtcNow.AddSeconds(2));
                    return true;
                }
                catch (Exception away) when (away is RpcException or OperationCanceledException)
                {
                    return false;
                }
            },
            "etcd to take a write",
            TimeSpan.FromSeconds(60));
        Interlocked.Increment(ref _written);
    }

    public void Dispose() => _client.Dispose();
}
