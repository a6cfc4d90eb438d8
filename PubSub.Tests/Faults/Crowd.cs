using PubSub.Protocol;
using PubSub.Tests.Faults.Oracle;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Faults;

/// <summary>How many make a <see cref="Crowd"/>.</summary>
internal sealed record CrowdSize(int Clients, int Rooms, int Publishers, int PushesPerSecond)
{
    /// <summary>Beside the careful crowd, so that it costs little. Each room has a publisher and a client on each node.</summary>
    public static CrowdSize OfControl { get; } = new(Clients: 12, Rooms: 4, Publishers: 4, PushesPerSecond: 80);
}

/// <summary>Clients in rooms, publishers that push to them, and an oracle that hears of both.</summary>
internal sealed class Crowd(TestCluster cluster, string name, CrowdSize size, Flaw flaw) : IAsyncDisposable
{
    private readonly List<FaultClient> _clients = [];
    private readonly List<NumberingPublisher> _publishers = [];
    private readonly Pushes _pushes = new(cluster, flaw);

    public DeliveryOracle Oracle { get; } = new();

    public CrowdSize Size => size;

    public IReadOnlyList<FaultClient> Clients => _clients;

    public IReadOnlyList<string> Rooms { get; } = [.. Enumerable.Range(0, size.Rooms).Select(i => $"{name}-{i}")];

    public int Refused => _publishers.Sum(publisher => publisher.Refused);

    /// <summary>Returns when all clients are in their rooms.</summary>
    public async Task StartClientsAsync()
    {
        if (flaw is Flaw.HasNoLog or Flaw.NumbersByArrival)
        {
            foreach (var room in Rooms)
                await cluster.Controller().CreateRoomAsync(new CreateRoomRequest { RoomId = room, Log = new LogSettings { Off = true } });
        }

        for (var i = 0; i < size.Clients; i++)
        {
            // Each room has clients on all nodes.
            var user = $"{name}-user-{i}";
            var client = new FaultClient(user, Rooms[i % Rooms.Count], Oracle.Listen(user), NodesFrom(i + (i / Rooms.Count)), flaw);
            _clients.Add(client);
            client.Start();
        }

        await Wait.ForAsync(
            Task.WhenAll(_clients.Select(client => client.Joined)), "all clients to be in their rooms", TimeSpan.FromSeconds(120));
    }

    public void StartPublishers()
    {
        for (var i = 0; i < size.Publishers; i++)
        {
            // Each begins at another room, and all of them write to all rooms.
            List<string> rooms = flaw is Flaw.HasNoLog ? [Rooms[i]] : [.. Rooms.Skip(i).Concat(Rooms.Take(i))];
            var publisher = new NumberingPublisher($"{name}-publisher-{i}", _pushes, rooms, Oracle, (double)size.PushesPerSecond / size.Publishers);
            _publishers.Add(publisher);
            publisher.Start();
        }
    }

    public Task StopPublishersAsync() => Task.WhenAll(_publishers.Select(publisher => publisher.StopAsync()));

    /// <summary>Waits until everybody has what is owed, and says what the oracle found.</summary>
    public async Task<Verdict> JudgeAsync()
    {
        try
        {
            await Wait.UntilAsync(() => Oracle.EverybodyIsAtTheEnd(), "everybody to have the last message", TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            // The verdict says what is missing.
        }

        await Task.WhenAll(_clients.Select(client => client.StopAsync()));
        return Oracle.Check();
    }

    public async ValueTask DisposeAsync()
    {
        await StopPublishersAsync();
        await Task.WhenAll(_clients.Select(client => client.StopAsync()));
        _pushes.Dispose();
    }

    /// <summary>One node after the other, so that nobody comes to one that hangs twice in turn.</summary>
    private Func<Uri> NodesFrom(int first)
    {
        var next = first;
        return () => cluster.NodeUri(next++ % cluster.NodeHttpPorts.Count);
    }
}
