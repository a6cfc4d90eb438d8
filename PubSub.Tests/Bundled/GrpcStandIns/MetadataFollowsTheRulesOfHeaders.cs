using Grpc.Core;

namespace PubSub.Tests.Bundled.GrpcStandIns;

public sealed class MetadataFollowsTheRulesOfHeaders
{
    [Fact]
    public void A_key_is_stored_in_lower_case_and_found_in_any()
    {
        var metadata = new Metadata { { "X-Trace.Id_1", "a" } };

        Assert.Equal("x-trace.id_1", metadata[0].Key);
        Assert.Equal("a", metadata.GetValue("x-TRACE.id_1"));
        Assert.Null(metadata.GetValue("x-trace"));
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("colon:")]
    [InlineData("umlaut-ä")]
    [InlineData("\u212Aelvin")]
    public void A_key_of_other_characters_is_refused(string key) =>
        Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "value"));

    [Fact]
    public void The_suffix_of_the_key_decides_between_text_and_bytes()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("token-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("token", [1, 2]));
        Assert.Throws<InvalidOperationException>(() => new Metadata.Entry("TOKEN-Bin", [1]).Value);
        Assert.Throws<ArgumentNullException>(() => new Metadata.Entry("token", (string)null!));
    }

    [Fact]
    public void Bytes_are_copied_in_and_out()
    {
        byte[] given = [1, 2, 3];
        var entry = new Metadata.Entry("token-bin", given);
        given[0] = 9;
        entry.ValueBytes[1] = 9;

        Assert.Equal([1, 2, 3], entry.ValueBytes);
        Assert.True(entry.IsBinary);
    }

    [Fact]
    public void Text_has_its_bytes_in_ASCII()
    {
        var entry = new Metadata.Entry("token", "Aä");

        Assert.Equal("A?"u8.ToArray(), entry.ValueBytes);
        Assert.Equal("[Entry: key=token, value=Aä]", entry.ToString());
    }

    [Fact]
    public void The_last_of_several_values_counts_and_all_are_kept()
    {
        var metadata = new Metadata { { "k", "1" }, { "other", "x" }, { "K", "2" }, { "k-bin", [7] } };

        Assert.Equal("2", metadata.GetValue("k"));
        Assert.Equal(["1", "2"], metadata.GetAll("k").Select(entry => entry.Value));
        Assert.Equal([7], metadata.GetValueBytes("k-bin"));
    }

    [Fact]
    public void It_is_a_list_that_takes_no_null()
    {
        var entry = new Metadata.Entry("b", "2");
        var metadata = new Metadata { { "a", "1" }, entry };
        metadata.Insert(0, new Metadata.Entry("z", "0"));
        metadata.RemoveAt(1);

        Assert.Equal(["z", "b"], metadata.Select(each => each.Key));
        Assert.Equal(1, metadata.IndexOf(entry));
        Assert.True(metadata.Remove(entry));
        Assert.DoesNotContain(entry, metadata);
        Assert.Throws<ArgumentNullException>(() => metadata.Add(null!));
        Assert.Throws<ArgumentNullException>(() => metadata[0] = null!);
    }

    [Fact]
    public void The_empty_one_cannot_be_filled()
    {
        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "1"));
        Assert.Throws<InvalidOperationException>(Metadata.Empty.Clear);
        Assert.Empty(Metadata.Empty);
    }
}
