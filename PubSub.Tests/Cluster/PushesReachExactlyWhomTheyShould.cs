using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>300 clients of 150 users with two devices each, on three nodes and in 30 rooms. SPEC.md sections 3 to 5.</summary>
[Collection(SharedCluster.Name)]
public sealed class PushesReachExactlyWhomTheyShould(ClusterFixture fixture) : IAsyncLifetime
{
    private const int Users = 150;
    private const int Rooms = 30;
    private const int PushesPerDoor = 4;
    private const string End = "end";

    private readonly TestCluster _cluster = fixture.Cluster;
    private readonly string _prefix = fixture.NewName("reach");
    private readonly HttpClient _http = new();
    private readonly ConcurrentDictionary<string, ConcurrentBag<Delivered>> _accepted = new();
    private readonly ConcurrentBag<string> _reach = [];
    private readonly List<(ClusterClient Client, string[] Rooms)> _clients = [];

    public async Task InitializeAsync()
    {
        for (var user = 0; user < Users; user += 10)
            _clients.AddRange((await Task.WhenAll(Enumerable.Range(user, 10).Select(ConnectAsync))).SelectMany(devices => devices));
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await Task.WhenAll(_clients.Select(entry => entry.Client.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task To_rooms_users_and_all_by_every_door_in_order_once_and_nobody_else()
    {
        await Task.WhenAll(Publishers());
        // What closes each channel: whoever has it has everything that was sent before, and whatever was sent too much.
        await Task.WhenAll(Channels().Select(channel => PushByGrpcAsync(0, channel, End)));
        var wanted = _accepted.ToDictionary(
            entry => entry.Key,
            IReadOnlyList<Delivered> (entry) => [.. entry.Value.OrderBy(one => one.Offset)]);
        Assert.Equal(Rooms * ((4 * PushesPerDoor) + 2 + 1), wanted.Where(entry => entry.Key.StartsWith("room:", StringComparison.Ordinal)).Sum(entry => entry.Value.Count));

        foreach (var (client, rooms) in _clients)
        {
            string[] channels = [$"user:{client.UserId}", "all", .. rooms.Select(room => $"room:{room}")];
            var count = channels.Sum(channel => wanted[channel].Count);
            await Wait.UntilAsync(() => client.Deliveries.Count >= count, $"{count} deliveries to {client.UserId}", TimeSpan.FromSeconds(40));
            await client.PingAsync();
            Assert.Null(DeliveryCheck.FaultOfAll(client.Deliveries, wanted, channels));
        }

        Assert.Empty(_reach);
    }

    private async Task<(ClusterClient, string[])[]> ConnectAsync(int user)
    {
        string[] first = [Room(user % Rooms)];
        string[] second = [Room(user % Rooms), Room((user + 7) % Rooms)];
        // The users of a room are 30 apart: so they sit on all three nodes.
        var node = user + (user / Rooms);
        var client = await ClusterClient.ConnectAsync(_cluster.NodeUri(node % 3), User(user), first[0]);
        var other = await ClusterClient.ConnectAsync(_cluster.NodeUri((node + 1) % 3), User(user));
        foreach (var room in second)
            await other.JoinAsync(room);
        return [(client, first), (other, second)];
    }

    private IEnumerable<string> Channels() =>
        [.. Enumerable.Range(0, Rooms).Select(i => $"room:{Room(i)}"), .. Enumerable.Range(0, Users).Select(i => $"user:{User(i)}"), "all"];

    /// <summary>All at the same time; each pushes one after the other.</summary>
    private IEnumerable<Task> Publishers()
    {
        for (var room = 0; room < Rooms; room++)
        {
            var channel = $"room:{Room(room)}";
            var member = _clients.First(entry => entry.Rooms.Contains(channel[5..])).Client;
            yield return RepeatAsync("a", text => PushByGrpcAsync(0, channel, text));
            yield return RepeatAsync("b", text => PushByGrpcAsync(1, channel, text));
            yield return RepeatAsync("c", text => PushByHttpAsync(0, channel, text));
            yield return RepeatAsync("d", text => PushByHttpAsync(1, channel, text));
            yield return WriteAsync(member, channel);
        }

        for (var user = 0; user < Users; user++)
        {
            var channel = $"user:{User(user)}";
            yield return PushByGrpcAsync(user % 2, channel, "a:1");
            yield return PushByHttpAsync((user + 1) % 2, channel, "b:1");
        }

        yield return RepeatAsync("a", text => PushByGrpcAsync(0, "all", text));
        yield return RepeatAsync("b", text => PushByHttpAsync(1, "all", text));
    }

    private static async Task RepeatAsync(string publisher, Func<string, Task> push)
    {
        for (var i = 1; i <= PushesPerDoor; i++)
            await push($"{publisher}:{i}");
    }

    private async Task WriteAsync(ClusterClient member, string channel)
    {
        for (var i = 1; i <= 2; i++)
        {
            var published = await member.RequestAsync("clientMessages", new { roomId = channel[5..], content = $"e:{i}" });
            Accept(new Delivered(
                channel, published.GetProperty("epoch").GetInt64(), published.GetProperty("offset").GetInt64(), published.GetProperty("id").GetString()!, $"e:{i}"));
        }
    }

    private async Task PushByGrpcAsync(int manager, string channel, string text)
    {
        var content = new Content { Data = text };
        var client = _cluster.PushManager(manager);
        var reply = channel switch
        {
            "all" => await client.BroadcastMessageAsync(new BroadcastMessageRequest { Content = content }),
            ['u', ..] => await client.PushToUserAsync(new PushToUserRequest { UserId = channel[5..], Content = content }),
            _ => await client.PushToRoomAsync(new PushToRoomRequest { RoomId = channel[5..], Content = content }),
        };
        Accept(new Delivered(channel, reply.Position.Epoch, reply.Position.Offset, reply.MessageId, text));
        if (text == End)
            CheckReach(channel, reply.SessionsReached, reply.NodesReached);
    }

    private async Task PushByHttpAsync(int manager, string channel, string text)
    {
        var path = channel == "all" ? "push/all" : channel[0] == 'u' ? $"push/user/{channel[5..]}" : $"push/room/{channel[5..]}";
        using var answer = await _http.PostAsJsonAsync(
            $"http://127.0.0.1:{_cluster.PushHttpPorts[manager]}/{path}", new { content = new { type = "TEXT", data = text } });
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        var reply = JsonDocument.Parse(body).RootElement;
        var position = reply.GetProperty("position");
        Accept(new Delivered(
            channel, position.GetProperty("epoch").GetInt64(), position.GetProperty("offset").GetInt64(), reply.GetProperty("message_id").GetString()!, text));
    }

    private void Accept(Delivered message) => _accepted.GetOrAdd(message.Channel, _ => []).Add(message);

    private void CheckReach(string channel, int sessions, int nodes)
    {
        var members = _clients.Where(entry => channel == "all" || channel == $"user:{entry.Client.UserId}" || entry.Rooms.Contains(channel[5..])).ToList();
        var wantedNodes = channel[0] == 'u' ? 2 : 3;
        if ((channel != "all" && sessions != members.Count) || nodes != wantedNodes)
            _reach.Add($"{channel}: reached {sessions} sessions on {nodes} nodes instead of {members.Count} on {wantedNodes}");
    }

    private string Room(int index) => $"{_prefix}-room-{index}";

    private string User(int index) => $"{_prefix}-user-{index}";
}
