using PubSub.Client;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>One node with a certificate beside those without, all as processes.</summary>
[Collection(SharedCluster.Name)]
public sealed class ANodeSpeaksTls(ClusterFixture fixture) : IAsyncLifetime
{
    private readonly TestCluster _cluster = fixture.Cluster;
    private readonly TlsFiles _files = new();
    private int _node;

    public async Task InitializeAsync() => _node = await _cluster.AddNodeAsync(
        fixture.NewName("tls-node"), ("TLS_CERTIFICATE_FILE", _files.CertificateFile), ("TLS_KEY_FILE", _files.KeyFile));

    public async Task DisposeAsync()
    {
        await _cluster.RemoveNodeAsync(_node);
        _files.Dispose();
    }

    [Fact]
    public async Task Its_clients_and_those_of_others_talk_to_each_other()
    {
        var (room, port) = (fixture.NewName("room"), _cluster.NodeHttpPorts[_node]);
        await using var alice = Client("alice", new Uri($"wss://127.0.0.1:{port}/ws"));
        await using var bob = Client("bob", _cluster.NodeUri(0));
        var (toAlice, toBob) = (First(alice, room), First(bob, room));
        foreach (var client in new[] { alice, bob })
        {
            await Wait.ForAsync(client.ConnectAsync(), "the connection");
            await Wait.ForAsync(client.Room(room).JoinAsync(), "the join");
        }

        await alice.Room(room).PublishAsync("over TLS");
        Assert.Equal("over TLS", await Wait.ForAsync(toAlice, "the message at the node with TLS"));
        Assert.Equal("over TLS", await Wait.ForAsync(toBob, "the message at the node without"));

        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = _files.Check } };
        using var http = new HttpClient(handler);
        Assert.Contains("\"connections\": 1", await http.GetStringAsync(new Uri($"https://127.0.0.1:{port}/stats")), StringComparison.Ordinal);
        Assert.Contains("<html", await http.GetStringAsync(new Uri($"https://127.0.0.1:{port}/")), StringComparison.OrdinalIgnoreCase);
    }

    private PubSubClient Client(string user, Uri node) => new(new PubSubClientOptions
    {
        Nodes = [node],
        UserId = fixture.NewName(user),
        ConfigureSocket = socket => socket.RemoteCertificateValidationCallback = _files.Check,
    });

    private static Task<string> First(PubSubClient client, string room)
    {
        var first = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.Room(room).MessageReceived += message => first.TrySetResult(message.Text);
        return first.Task;
    }
}
