using PubSub.Client.Publishing;
using PubSub.Protocol;

namespace PubSub.BizServer.Cli;

/// <summary>Pushes all messages, in order, at the wanted rate: what is due goes together in one call.</summary>
internal sealed class PushRun(PushArguments arguments, PushPublisher publisher, PushReport report, TimeProvider time)
{
    private const int MostInOneCall = 100;

    private readonly string _runId = Guid.CreateVersion7().ToString("N");

    /// <summary>True when every push was accepted.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var done = 0;
        try
        {
            while (done < arguments.Total)
            {
                var batch = await WaitForDueAsync(done, started, cancellationToken);
                var pushes = Enumerable.Range(done, batch).Select(ToPush).ToList();
                var outcomes = await publisher.PushAsync(pushes, cancellationToken);
                for (var i = 0; i < batch; i++)
                    report.Outcome(pushes[i].MessageId, outcomes[i]);
                done += batch;
                report.Progress(time.GetElapsedTime(started));
            }
        }
        catch (OperationCanceledException)
        {
            report.Interrupted();
        }

        return report.Finish(time.GetElapsedTime(started));
    }

    private async Task<int> WaitForDueAsync(int done, long started, CancellationToken cancellationToken)
    {
        var left = Math.Min(MostInOneCall, arguments.Total - done);
        if (arguments.Rate == 0)
            return left;

        // The first is due at once, each further one a period later.
        var next = TimeSpan.FromSeconds(done / arguments.Rate) - time.GetElapsedTime(started);
        if (next > TimeSpan.Zero)
            await Task.Delay(next, time, cancellationToken);
        var due = (int)Math.Min(int.MaxValue, time.GetElapsedTime(started).TotalSeconds * arguments.Rate) + 1 - done;
        return Math.Clamp(due, 1, left);
    }

    private Push ToPush(int index) => new()
    {
        Channel = arguments.Channel.Text,
        Content = arguments.Messages[index % arguments.Messages.Count].Clone(),
        MessageId = $"{_runId}-{index + 1}",
        ReceiptsTo = arguments.ReceiptsTo,
    };
}
