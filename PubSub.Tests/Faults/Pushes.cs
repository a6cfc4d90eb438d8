using System.Globalization;
using Grpc.Core;
using PubSub.Client.Publishing;
using PubSub.Protocol;
using PubSub.Protocol.Channels;
using PubSub.Tests.Faults.Oracle;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Faults;

/// <summary>How the publishers of a crowd push: as the client library does, or with one of the flaws.</summary>
internal sealed class Pushes(TestCluster cluster, Flaw flaw) : IDisposable
{
    /// <summary>A minute of pauses: both push managers may be down for as long as a busy machine takes to start them.</summary>
    private const int MostRepetitions = 1200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly PushPublisher _library = new(
        cluster.PushPorts.Select(port => new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"))));

    private readonly PushManagerService.PushManagerServiceClient[] _managers =
        [.. Enumerable.Range(0, cluster.PushPorts.Count).Select(cluster.PushManager)];

    /// <summary>Where the message stands; null where the publisher takes it for accepted and was not told.</summary>
    /// <exception cref="RpcException">It was not accepted.</exception>
    public async Task<ChannelPosition?> PushAsync(string room, NumberedMessage message) => flaw switch
    {
        Flaw.RepeatsWithoutId => await RepeatAsync(room, message),
        Flaw.TakesRefusedForAccepted => await TryOnceAsync(room, message),
        Flaw.HasNoLog => await ThroughLibraryAsync(room, message) with { Epoch = 1, Offset = message.Number },
        Flaw.NumbersByArrival => await AtAnyManagerAsync(room, message),
        _ => await ThroughLibraryAsync(room, message),
    };

    public void Dispose() => _library.Dispose();

    private async Task<ChannelPosition> ThroughLibraryAsync(string room, NumberedMessage message) =>
        ChannelPosition.From((await _library.PushToRoomAsync(room, Content(message))).Position);

    private async Task<ChannelPosition?> RepeatAsync(string room, NumberedMessage message)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return ChannelPosition.From((await OnceAsync(room, message, attempt)).Position);
            }
            catch (RpcException) when (attempt < MostRepetitions)
            {
                await Task.Delay(Pause);
            }
        }
    }

    private async Task<ChannelPosition?> TryOnceAsync(string room, NumberedMessage message)
    {
        try
        {
            return ChannelPosition.From((await OnceAsync(room, message, attempt: 0)).Position);
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.Unavailable)
        {
            return null;
        }
    }

    private async Task<ChannelPosition?> AtAnyManagerAsync(string room, NumberedMessage message)
    {
        await OnceAsync(room, message, attempt: 0);
        return null;
    }

    private async Task<PushReply> OnceAsync(string room, NumberedMessage message, int attempt) =>
        // The last letter of the publisher, so that not all of them go to the same one at the same time.
        await _managers[(message.Publisher[^1] + message.Number + attempt) % _managers.Length].PushToRoomAsync(
            new PushToRoomRequest { RoomId = room, Content = Content(message) }, deadline: DateTime.UtcNow + Patience);

    private static Content Content(NumberedMessage message) => new() { Type = MessageType.Text, Data = message.Text };
}
