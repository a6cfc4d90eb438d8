using PubSub.ConnectNode.Delivery;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>
/// The kernel gives a closed socket's number to the next one that opens. Whoever sends by the old number must not hit
/// the new connection.
/// </summary>
public sealed class NoByteReachesAStranger
{
    private const int Places = 16;
    private const int Visits = 40;

    [Fact]
    public async Task While_connections_end_and_begin_under_their_messages()
    {
        await using var node = await NodeHost.StartAsync();
        using var over = new CancellationTokenSource();
        var pushing = Task.Run(() => Push(node, over.Token));

        await Task.WhenAll(Enumerable.Range(0, Places).Select(place => VisitAsync(node, place)));

        await over.CancelAsync();
        await pushing;
        await Wait.UntilAsync(() => node.Sessions.Count == 0, "all sessions to be gone");
    }

    /// <summary>To each user what is theirs, round after round.</summary>
    private static void Push(NodeHost node, CancellationToken over)
    {
        for (var round = 0; !over.IsCancellationRequested; round++)
        {
            using var taken = new Taken(Places);
            for (var place = 0; place < Places; place++)
            {
                var user = $"user:u{place}";
                var message = new ChannelMessage { Channel = user, MessageId = $"m{round}", Content = new Content { Data = user, Timestamp = 1 } };
                node.Channels.LaneOf(user).Post(new LaneWork(message, Receipt: taken));
            }

            taken.Wait();
        }
    }

    /// <summary>Comes, hears something, and goes without a word while more is on its way.</summary>
    private static async Task VisitAsync(NodeHost node, int place)
    {
        for (var visit = 0; visit < Visits; visit++)
        {
            using var socket = await RawWebSocket.OpenAsync(node.Port, $"user_id=u{place}");
            var connected = await socket.ReadAsync("connected");
            Assert.Equal($"u{place}", connected.GetProperty("payload").GetProperty("userId").GetString());
            for (var i = 0; i < 3; i++)
            {
                var messages = await socket.ReadAsync("serverMessages");
                Assert.All(
                    messages.GetProperty("payload").GetProperty("messages").EnumerateArray(),
                    message => Assert.Equal($"user:u{place}", message.GetProperty("data").GetString()));
            }
        }
    }

    private sealed class Taken(int count) : IDeliveryReceipt, IDisposable
    {
        private readonly CountdownEvent _open = new(count);

        public void Complete(long sequence, int sessions) => _open.Signal();

        public void Wait() => Assert.True(_open.Wait(Infrastructure.Wait.Patience), "The lanes took every message.");

        public void Dispose() => _open.Dispose();
    }
}
