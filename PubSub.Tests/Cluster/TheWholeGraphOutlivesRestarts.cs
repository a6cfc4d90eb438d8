using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Grpc.Core;
using PubSub.Client.Publishing;
using PubSub.Protocol;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>A resource is restarted by its command while somebody pushes: what was accepted arrives, in order and once.</summary>
[Collection(AppHostGraph.Name)]
public sealed class TheWholeGraphOutlivesRestarts(AppHostFixture graph)
{
    [Theory]
    [InlineData("redis")]
    [InlineData("etcd")]
    public async Task Of_what_keeps_its_state(string resource)
    {
        var room = $"restart-{resource}";
        await using var member = await graph.ConnectAsync("connect-node-2", $"{room}-member", room);
        using var publisher = new PushPublisher([new Uri($"http://127.0.0.1:{graph.App.GetEndpoint("push-manager", "grpc").Port}")]);
        using var enough = new CancellationTokenSource();
        var before = graph.StateOf(resource).StartTimeStamp;
        var pushing = PushAsync(publisher, room, member, enough.Token);

        await member.ForDeliveryAsync("5");
        await graph.CommandAsync(resource, KnownResourceCommands.RestartCommand);
        await Wait.ForAsync(
            graph.App.ResourceNotifications.WaitForResourceHealthyAsync(resource), $"{resource} to be healthy", AppHostFixture.Patience);
        Assert.True(graph.StateOf(resource).StartTimeStamp > before, "It was not restarted.");
        await using var newcomer = await graph.ConnectAsync("connect-node-3", $"{room}-newcomer", room);
        var seen = member.Deliveries.Count;
        await Wait.UntilAsync(() => member.Deliveries.Count > seen + 5 && newcomer.Deliveries.Count > 5, "pushes to go on", AppHostFixture.Patience);
        await enough.CancelAsync();

        var last = await pushing;
        await member.ForDeliveryAsync(Text(last));
        Assert.Equal(Enumerable.Range(1, last).Select(Text), member.Deliveries.Select(one => one.Data));
    }

    /// <summary>Numbers, one after the other, each with its id until it is accepted; the last that was.</summary>
    private static async Task<int> PushAsync(PushPublisher publisher, string room, ClusterClient member, CancellationToken enough)
    {
        var number = 0;
        while (!enough.IsCancellationRequested)
        {
            number++;
            await Wait.UntilAsync(() => TryPushAsync(publisher, room, number), $"push {number} to be accepted", AppHostFixture.Patience);
            await member.ForDeliveryAsync(Text(number));
        }

        return number;
    }

    private static async Task<bool> TryPushAsync(PushPublisher publisher, string room, int number)
    {
        try
        {
            await publisher.PushToRoomAsync(room, new Content { Type = MessageType.Text, Data = Text(number) }, $"{room}-{number}");
            return true;
        }
        catch (RpcException away) when (away.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            return false;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
