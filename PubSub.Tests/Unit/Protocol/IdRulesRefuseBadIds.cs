using System.Text;
using PubSub.Protocol.Channels;

namespace PubSub.Tests.Unit.Protocol;

public sealed class IdRulesRefuseBadIds
{
    [Theory]
    [InlineData("a")]
    [InlineData("room-001")]
    [InlineData("with space")]
    [InlineData("{braces}:and*stars")]
    [InlineData("😀")]
    public void A_printable_id_is_fine(string id) => Assert.Null(IdRules.Complaint("room_id", id));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("tab\t")]
    [InlineData("\u007f")]
    [InlineData("\u0085")]
    public void A_bad_id_is_refused_and_the_field_named(string? id) =>
        Assert.StartsWith("room_id ", IdRules.Complaint("room_id", id), StringComparison.Ordinal);

    /// <summary>Half a character has no UTF-8 form. Attributes cannot carry one, so it is made here.</summary>
    [Theory]
    [InlineData(0xd800, "")]
    [InlineData(0xd800, "text")]
    [InlineData(0xdc00, "")]
    public void Half_a_character_is_refused(int surrogate, string behind) =>
        Assert.Contains("Unicode", IdRules.Complaint("room_id", (char)surrogate + behind), StringComparison.Ordinal);

    [Theory]
    [InlineData("a", 1)]
    [InlineData("é", 2)]
    [InlineData("日", 3)]
    [InlineData("😀", 4)]
    public void The_limit_counts_bytes_whatever_the_script(string character, int bytes)
    {
        var longest = string.Concat(Enumerable.Repeat(character, IdRules.MaxBytes / bytes));
        Assert.True(Encoding.UTF8.GetByteCount(longest) <= IdRules.MaxBytes);

        Assert.Null(IdRules.Complaint("user_id", longest));
        Assert.Contains("256 bytes", IdRules.Complaint("user_id", longest + character), StringComparison.Ordinal);
    }
}
