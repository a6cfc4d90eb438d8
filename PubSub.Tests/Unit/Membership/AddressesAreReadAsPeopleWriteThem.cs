using PubSub.Membership;

namespace PubSub.Tests.Unit.Membership;

public sealed class AddressesAreReadAsPeopleWriteThem
{
    [Theory]
    [InlineData("localhost:50051", "http://localhost:50051/")]
    [InlineData(" localhost:50051 ", "http://localhost:50051/")]
    [InlineData("10.0.0.7:1", "http://10.0.0.7:1/")]
    [InlineData("[::1]:50051", "http://[::1]:50051/")]
    [InlineData("http://push:50053", "http://push:50053/")]
    [InlineData("https://push", "https://push/")]
    public void What_names_a_host_is_an_address(string text, string address) =>
        Assert.Equal(address, ServiceAddress.Parse(text)?.AbsoluteUri);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("localhost:port")]
    [InlineData("localhost:0")]
    [InlineData("localhost:65536")]
    [InlineData("ftp://push:21")]
    [InlineData("http://")]
    public void Anything_else_is_none(string text) => Assert.Null(ServiceAddress.Parse(text));
}
