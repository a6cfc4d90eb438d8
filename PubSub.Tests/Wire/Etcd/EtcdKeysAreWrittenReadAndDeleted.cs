using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Wire.Etcd;

[Collection(SharedEtcd.Name)]
public sealed class EtcdKeysAreWrittenReadAndDeleted(EtcdFixture fixture) : IDisposable
{
    private readonly EtcdClient _client = new(fixture.Etcd.Endpoint);
    private readonly string _prefix = fixture.NewPrefix();

    [Fact]
    public async Task A_value_comes_back_with_its_revisions()
    {
        var first = await _client.PutAsync(_prefix + "a", "1");
        var second = await _client.PutAsync(_prefix + "a", "2");

        var answer = await _client.GetAsync(_prefix + "a");

        var entry = Assert.Single(answer.Kvs);
        Assert.Equal("2", entry.Value.ToStringUtf8());
        Assert.Equal(2, entry.Version);
        Assert.Equal(first.Header.Revision, entry.CreateRevision);
        Assert.Equal(second.Header.Revision, entry.ModRevision);
        Assert.Equal("2", await _client.GetValAsync(_prefix + "a"));
        Assert.NotEqual(0ul, answer.Header.ClusterId);
    }

    [Fact]
    public void The_calls_without_await_do_the_same()
    {
        _client.Put(_prefix + "a", "1");
        _client.Put(_prefix + "b", "2");

        Assert.Equal("1", _client.GetVal(_prefix + "a"));
        Assert.Equal(2, _client.GetRange(_prefix).Count);
        Assert.Equal(new Dictionary<string, string> { [_prefix + "a"] = "1", [_prefix + "b"] = "2" }, _client.GetRangeVal(_prefix));
        Assert.Equal(1, _client.Delete(_prefix + "a").Deleted);
        Assert.Equal(1, _client.DeleteRange(_prefix).Deleted);
        Assert.Empty(_client.Get(_prefix + "b").Kvs);
    }

    [Fact]
    public async Task A_key_that_is_not_there_is_an_empty_answer()
    {
        Assert.Equal("", await _client.GetValAsync(_prefix + "none"));
        Assert.Empty((await _client.GetAsync(_prefix + "none")).Kvs);
        Assert.Empty(await _client.GetRangeValAsync(_prefix));
        Assert.Equal(0, (await _client.DeleteAsync(_prefix + "none")).Deleted);
    }

    [Fact]
    public async Task A_prefix_reads_what_begins_with_it_and_nothing_beside_it()
    {
        foreach (var key in (string[])["/nodes", "/nodes/", "/nodes/1", "/nodes/2/deep", "/nodes0", "/node"])
        {
            await _client.PutAsync(_prefix + key, key);
        }

        var found = await _client.GetRangeValAsync(_prefix + "/nodes/");

        Assert.Equal(["/nodes/", "/nodes/1", "/nodes/2/deep"], found.Values.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("/nodes/", "/nodes0")]
    [InlineData("", "\0")]
    [InlineData("x\uD7FF", "x\uE000")]
    public void The_end_of_a_prefix_is_its_last_character_moved_on(string prefix, string end) =>
        Assert.Equal(end, EtcdClient.GetRangeEnd(prefix));

    [Fact]
    public async Task Requests_reach_all_that_etcd_offers()
    {
        for (var i = 0; i < 5; i++)
        {
            await _client.PutAsync($"{_prefix}{i}", $"{i}");
        }

        var request = new RangeRequest
        {
            Key = ByteString.CopyFromUtf8(_prefix),
            RangeEnd = ByteString.CopyFromUtf8(EtcdClient.GetRangeEnd(_prefix)),
            Limit = 2,
            SortOrder = RangeRequest.Types.SortOrder.Descend,
            KeysOnly = true,
        };
        var answer = await _client.GetAsync(request);

        Assert.Equal([_prefix + "4", _prefix + "3"], answer.Kvs.Select(entry => entry.Key.ToStringUtf8()));
        Assert.All(answer.Kvs, entry => Assert.True(entry.Value.IsEmpty));
        Assert.True(answer.More);
        Assert.Equal(5, answer.Count);
    }

    [Fact]
    public async Task An_old_revision_can_be_read_until_it_is_compacted()
    {
        var first = await _client.PutAsync(_prefix + "a", "old");
        await _client.PutAsync(_prefix + "a", "new");
        var old = new RangeRequest { Key = ByteString.CopyFromUtf8(_prefix + "a"), Revision = first.Header.Revision };

        Assert.Equal("old", (await _client.GetAsync(old)).Kvs[0].Value.ToStringUtf8());
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_kept_as_they_are()
    {
        var key = ByteString.CopyFrom([.. ByteString.CopyFromUtf8(_prefix), 0xff, 0x00, 0xfe]);
        var value = ByteString.CopyFrom([.. Enumerable.Range(0, 256).Select(i => (byte)i)]);

        await _client.PutAsync(new PutRequest { Key = key, Value = value });

        Assert.Equal(value, (await _client.GetAsync(new RangeRequest { Key = key })).Kvs[0].Value);
    }

    [Fact]
    public async Task The_value_before_is_told_to_whoever_asks()
    {
        await _client.PutAsync(_prefix + "a", "1");
        var put = await _client.PutAsync(new PutRequest
        {
            Key = ByteString.CopyFromUtf8(_prefix + "a"),
            Value = ByteString.CopyFromUtf8("2"),
            PrevKv = true,
        });
        var deleted = await _client.DeleteAsync(new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(_prefix + "a"), PrevKv = true });

        Assert.Equal("1", put.PrevKv.Value.ToStringUtf8());
        Assert.Equal("2", Assert.Single(deleted.PrevKvs).Value.ToStringUtf8());
    }

    public void Dispose() => _client.Dispose();
}
