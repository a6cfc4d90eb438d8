using System.Globalization;
using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

[Collection(SharedEtcd.Name)]
public sealed class EtcdTransactionsAreAllOrNothing(EtcdFixture fixture) : IDisposable
{
    private readonly EtcdClient _client = new(fixture.Etcd.Endpoint);
    private readonly string _prefix = fixture.NewPrefix();

    [Fact]
    public async Task The_branch_follows_the_comparison()
    {
        var first = await _client.TransactionAsync(CreateOnce("a", "1"));
        var second = await _client.TransactionAsync(CreateOnce("a", "2"));

        Assert.True(first.Succeeded);
        Assert.NotNull(Assert.Single(first.Responses).ResponsePut);
        Assert.False(second.Succeeded);
        Assert.Equal("1", Assert.Single(second.Responses).ResponseRange.Kvs[0].Value.ToStringUtf8());
        Assert.Equal("1", await _client.GetValAsync(_prefix + "a"));
    }

    [Fact]
    public void Without_await_it_is_the_same()
    {
        Assert.True(_client.Transaction(CreateOnce("a", "1")).Succeeded);
        Assert.False(_client.Transaction(CreateOnce("a", "2")).Succeeded);
    }

    [Fact]
    public async Task All_writes_of_a_transaction_share_one_revision()
    {
        var answer = await _client.TransactionAsync(new TxnRequest { Success = { Put("a", "1"), Put("b", "1"), Put("c", "1") } });

        var entries = (await _client.GetRangeAsync(_prefix)).Kvs;
        Assert.Equal(3, entries.Count);
        Assert.All(entries, entry => Assert.Equal(answer.Header.Revision, entry.ModRevision));
    }

    [Fact]
    public async Task Transactions_nest()
    {
        var inner = new TxnRequest { Success = { Put("inner", "1") } };
        var answer = await _client.TransactionAsync(new TxnRequest { Success = { new RequestOp { RequestTxn = inner } } });

        Assert.True(Assert.Single(answer.Responses).ResponseTxn.Succeeded);
        Assert.Equal("1", await _client.GetValAsync(_prefix + "inner"));
    }

    [Fact]
    public async Task Ten_writers_that_compare_first_lose_no_count()
    {
        await _client.PutAsync(_prefix + "count", "0");

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => CountUpAsync(20)));

        Assert.Equal("200", await _client.GetValAsync(_prefix + "count"));
    }

    public void Dispose() => _client.Dispose();

    private async Task CountUpAsync(int times)
    {
        while (times > 0)
        {
            var seen = (await _client.GetAsync(_prefix + "count")).Kvs[0];
            var next = int.Parse(seen.Value.ToStringUtf8(), CultureInfo.InvariantCulture) + 1;
            var answer = await _client.TransactionAsync(new TxnRequest
            {
                Compare =
                {
                    new Compare
                    {
                        Key = seen.Key,
                        Target = Compare.Types.CompareTarget.Mod,
                        Result = Compare.Types.CompareResult.Equal,
                        ModRevision = seen.ModRevision,
                    },
                },
                Success = { Put("count", next.ToString(CultureInfo.InvariantCulture)) },
            });
            times -= answer.Succeeded ? 1 : 0;
        }
    }

    private TxnRequest CreateOnce(string key, string value) => new()
    {
        Compare =
        {
            new Compare
            {
                Key = ByteString.CopyFromUtf8(_prefix + key),
                Target = Compare.Types.CompareTarget.Create,
                Result = Compare.Types.CompareResult.Equal,
                CreateRevision = 0,
            },
        },
        Success = { Put(key, value) },
        Failure = { new RequestOp { RequestRange = new RangeRequest { Key = ByteString.CopyFromUtf8(_prefix + key) } } },
    };

    private RequestOp Put(string key, string value) => new()
    {
        RequestPut = new PutRequest { Key = ByteString.CopyFromUtf8(_prefix + key), Value = ByteString.CopyFromUtf8(value) },
    };
}
