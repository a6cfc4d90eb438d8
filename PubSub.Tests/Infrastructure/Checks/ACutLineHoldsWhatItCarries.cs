using System.Net;
using System.Net.Sockets;
using PubSub.Tests.Infrastructure.Network;

namespace PubSub.Tests.Infrastructure.Checks;

public sealed class ACutLineHoldsWhatItCarries
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bytes_of_a_process_that_is_cut_off_wait_until_the_line_is_whole(bool fromThisDoorOnly)
    {
        var here = Environment.ProcessId;
        var cut = new NetworkCut();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await using var proxy = new TcpProxy(cut, () => [here]);
        proxy.LeadTo(((IPEndPoint)server.LocalEndpoint).Port, processId: 0);

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        using var accepted = await Wait.ForAsync(server.AcceptTcpClientAsync(), "the proxy to connect");
        var buffer = new byte[8];

        await client.GetStream().WriteAsync(new byte[] { 1 });
        Assert.Equal(1, await Wait.ForAsync(accepted.GetStream().ReadAsync(buffer).AsTask(), "the first byte"));

        int? door = fromThisDoorOnly ? ((IPEndPoint)server.LocalEndpoint).Port : null;
        cut.CutOff(here, door);
        await client.GetStream().WriteAsync(new byte[] { 2 });
        var second = accepted.GetStream().ReadAsync(buffer).AsTask();
        using var other = new TcpClient();
        await other.ConnectAsync(IPAddress.Loopback, proxy.Port);
        var otherAccepted = server.AcceptTcpClientAsync();
        await Assert.ThrowsAsync<TimeoutException>(() => second.WaitAsync(TimeSpan.FromMilliseconds(200)));
        Assert.False(otherAccepted.IsCompleted);

        cut.Heal(here, door);
        Assert.Equal(1, await Wait.ForAsync(second, "the byte that was held up"));
        Assert.Equal(2, buffer[0]);
        (await Wait.ForAsync(otherAccepted, "the connection that was held up")).Dispose();
    }

    [Fact]
    public async Task Others_do_not_notice()
    {
        var cut = new NetworkCut();
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await using var proxy = new TcpProxy(cut, () => [Environment.ProcessId]);
        proxy.LeadTo(((IPEndPoint)server.LocalEndpoint).Port, processId: 0);
        cut.CutOff(1);
        cut.CutOff(Environment.ProcessId, from: 1);

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        using var accepted = await Wait.ForAsync(server.AcceptTcpClientAsync(), "the proxy to connect");
        await client.GetStream().WriteAsync(new byte[] { 1 });
        Assert.Equal(1, await Wait.ForAsync(accepted.GetStream().ReadAsync(new byte[8]).AsTask(), "the byte"));
    }
}
