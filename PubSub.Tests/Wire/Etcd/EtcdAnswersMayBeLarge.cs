using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

[Collection(SharedEtcd.Name)]
public sealed class EtcdAnswersMayBeLarge(EtcdFixture fixture)
{
    private const int Keys = 5000;
    private const int KeysPerTransaction = 100;
    private const int ValueSize = 2000;

    [Fact]
    public async Task Ten_megabytes_in_one_answer_and_in_one_watch()
    {
        var prefix = fixture.NewPrefix();
        using var client = new EtcdClient(fixture.Etcd.Endpoint, configureChannelOptions: channel => channel.MaxReceiveMessageSize = null);
        var start = await FillAsync(client, prefix);

        var answer = await client.GetRangeAsync(prefix);
        var log = new WatchLog();
        await client.WatchAsync(
            new WatchRequest
            {
                CreateRequest = new WatchCreateRequest
                {
                    Key = ByteString.CopyFromUtf8(prefix),
                    RangeEnd = ByteString.CopyFromUtf8(EtcdClient.GetRangeEnd(prefix)),
                    StartRevision = start,
                },
            },
            log.Add);
        await log.ForEventsAsync(Keys);

        Assert.Equal(Keys, answer.Kvs.Count);
        Assert.All(answer.Kvs, entry => Assert.Equal(ValueSize, entry.Value.Length));
        Assert.Equal(answer.Kvs.Select(entry => entry.Key.ToStringUtf8()), log.Keys);
    }

    [Fact]
    public async Task What_exceeds_the_channels_limit_is_an_error_that_names_it()
    {
        var prefix = fixture.NewPrefix();
        using var client = new EtcdClient(fixture.Etcd.Endpoint);
        await FillAsync(client, prefix);

        var error = await Assert.ThrowsAsync<RpcException>(() => client.GetRangeAsync(prefix));

        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Contains("maximum", error.Status.Detail, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<long> FillAsync(EtcdClient client, string prefix)
    {
        var value = ByteString.CopyFrom(new byte[ValueSize]);
        var first = 0L;
        for (var i = 0; i < Keys; i += KeysPerTransaction)
        {
            var request = new TxnRequest();
            request.Success.AddRange(Enumerable.Range(i, KeysPerTransaction).Select(number => new RequestOp
            {
                RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8($"{prefix}{number:D6}"), Value = value },
            }));
            var answer = await client.TransactionAsync(request);
            first = first == 0 ? answer.Header.Revision : first;
        }

        return first;
    }
}
