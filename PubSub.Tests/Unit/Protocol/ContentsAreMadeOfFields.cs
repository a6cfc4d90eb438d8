using PubSub.Protocol;

namespace PubSub.Tests.Unit.Protocol;

public sealed class ContentsAreMadeOfFields
{
    [Fact]
    public void A_text_keeps_all_that_is_known_of_it()
    {
        var content = Content.From(MessageType.System, "hi", null, [new("a", "1"), new("b", null), new("a", "2")], "price", 42);

        Assert.Equal((MessageType.System, "hi", "price", 42L, false), (content.Type, content.Data, content.Key, content.Timestamp, content.IsBinary));
        Assert.Equal([("a", "2"), ("b", "")], content.Metadata.Select(entry => (entry.Key, entry.Value)).Order());
    }

    [Fact]
    public void Bytes_go_before_text()
    {
        var content = Content.From(MessageType.Audio, "text", [1, 2], null, null);

        Assert.True(content.IsBinary);
        Assert.Equal([1, 2], content.Binary.ToByteArray());
    }

    [Fact]
    public void What_is_absent_is_empty()
    {
        var content = Content.From(MessageType.Text, null, null, null, null);

        Assert.Equal(new Content(), content);
        Assert.False(content.IsBinary);
    }
}
