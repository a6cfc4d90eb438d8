using System.Text;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>
/// SPEC.md 8.1 and 8.2 on a real process; every case of RFC 6455 is in WebSocketFollowsRfc6455, in memory.
/// </summary>
[Collection(SharedCluster.Name)]
public sealed class BadFramesEndOneConnectionOnly(ClusterFixture fixture)
{
    [Fact]
    public async Task With_their_close_codes_while_a_neighbour_in_the_same_room_gets_every_push()
    {
        var cluster = fixture.Cluster;
        var room = fixture.NewName("room");
        await using var neighbour = await ClusterClient.ConnectAsync(cluster.NodeUri(0), $"{room}-neighbour", room);
        (int Code, byte[] Bytes)[] cases =
        [
            (1007, RawWebSocket.Frame(0x81, [0xc3, 0x28])),
            (1002, RawWebSocket.Frame(0x81, "{}"u8.ToArray(), masked: false)),
            (1009, Convert.FromHexString("81FF0000000000010001")),
            (1002, RawWebSocket.Frame(0xc1, "{}"u8.ToArray())),
            (1002, RawWebSocket.Frame(0x09, "x"u8.ToArray())),
            (1003, RawWebSocket.Frame(0x82, "{}"u8.ToArray())),
            (4502, Text("""{"type":"dance"}""")),
            (4502, Text("""{"type":"ping","payload":""" + string.Concat(Enumerable.Repeat("{\"a\":", 10_000)))),
            (4502, Text("hello")),
        ];

        List<string> pushed = [];
        foreach (var (code, bytes) in cases)
        {
            using var bad = await RawWebSocket.OpenAsync(cluster.NodeHttpPorts[0], $"user_id={room}-bad&room_id={room}");
            await bad.ReadAsync("joined");
            await bad.SendAsync(bytes);
            pushed.Add($"while {pushed.Count} ends");
            await cluster.PushManager().PushToRoomAsync(new PushToRoomRequest { RoomId = room, Content = new Content { Data = pushed[^1] } });
            Assert.Equal(code, await bad.ReadCloseAsync());
        }

        await neighbour.ForDeliveryAsync(pushed[^1]);
        await neighbour.PingAsync();
        Assert.Equal(pushed, neighbour.Deliveries.Select(one => one.Data));
        await Wait.UntilAsync(
            async () => (await cluster.Controller().GetRoomInfoAsync(new GetRoomInfoRequest { RoomId = room })).UserCount == 1, "the bad one to be out of the room");
    }

    private static byte[] Text(string text) => RawWebSocket.Frame(0x81, Encoding.UTF8.GetBytes(text));
}
