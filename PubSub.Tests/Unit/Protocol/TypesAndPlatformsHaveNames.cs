using Google.Protobuf.Reflection;
using PubSub.Protocol;

namespace PubSub.Tests.Unit.Protocol;

public sealed class TypesAndPlatformsHaveNames
{
    public static TheoryData<MessageType> Types => [.. Enum.GetValues<MessageType>()];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_type_is_called_in_text_what_the_proto_calls_it(MessageType type)
    {
        var name = MessageTypeNames.Of(type);

        Assert.Equal(ChannelReflection.Descriptor.FindTypeByName<EnumDescriptor>("MessageType").FindValueByNumber((int)type).Name, name);
        Assert.True(MessageTypeNames.TryParse(name, out var parsed));
        Assert.Equal(type, parsed);
        Assert.Contains(name, MessageTypeNames.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("0")]
    [InlineData("VIDEO")]
    public void Another_word_is_no_type(string? name) => Assert.False(MessageTypeNames.TryParse(name, out _));

    [Theory]
    [InlineData(5)]
    [InlineData(-1)]
    public void A_type_without_a_word_is_written_as_its_number(int number) =>
        Assert.Equal($"{number}", MessageTypeNames.Of((MessageType)number));

    [Theory]
    [InlineData(PushPlatform.Apns)]
    [InlineData(PushPlatform.Fcm)]
    [InlineData(PushPlatform.Unspecified)]
    public void A_platform_is_read_as_it_is_written(PushPlatform platform) =>
        Assert.Equal(platform, PushPlatformNames.Parse(PushPlatformNames.Of(platform)));

    [Fact]
    public void Another_word_is_a_platform_that_the_rules_refuse() =>
        Assert.False(Enum.IsDefined(PushPlatformNames.Parse("PIGEON")));
}
