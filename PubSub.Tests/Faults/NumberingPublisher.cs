using System.Diagnostics;
using Grpc.Core;
using PubSub.Protocol.Channels;
using PubSub.Tests.Faults.Oracle;

namespace PubSub.Tests.Faults;

/// <summary>Publishes numbered messages to rooms in turn, each when the one before was answered, at a steady rate.</summary>
internal sealed class NumberingPublisher(string name, Pushes pushes, IReadOnlyList<string> rooms, DeliveryOracle oracle, double perSecond)
{
    /// <summary>A slow answer costs no rate; what an outage kept back is not published in one burst after it.</summary>
    private static readonly TimeSpan MostToMakeUp = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Pushes without an OK: nobody knows whether they are in the log.</summary>
    public int Refused { get; private set; }

    public void Start() => _running = RunAsync();

    /// <summary>Returns when the push under way is answered.</summary>
    public async Task StopAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var started = Stopwatch.GetTimestamp();
        var late = TimeSpan.Zero;
        try
        {
            for (var number = 1; !_stopping.IsCancellationRequested; number++)
            {
                var early = TimeSpan.FromSeconds(number / perSecond) + late - Stopwatch.GetElapsedTime(started);
                if (early > TimeSpan.Zero)
                    await Task.Delay(early, _stopping.Token);
                else if (early < -MostToMakeUp)
                    late -= early;
                await PublishAsync(number);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private async Task PublishAsync(int number)
    {
        var message = new NumberedMessage(name, number);
        var room = rooms[number % rooms.Count];
        var channel = ChannelId.Room(room).Text;
        try
        {
            if (await pushes.PushAsync(room, message) is { } position)
                oracle.Accepted(channel, position, message);
            else
                oracle.Promised(channel, message);
        }
        catch (RpcException)
        {
            Refused++;
        }
    }
}
