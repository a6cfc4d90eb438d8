using System.Threading.Channels;

namespace Aspire.Dashboard.Resources;

/// <summary>A line as the page shows it.</summary>
internal sealed record ConsoleLine(string Resource, long Number, DateTimeOffset At, string Text, string Level);

/// <summary>The console logs of some resources as one stream of batches.</summary>
internal static class ConsoleFeed
{
    private const int MaxBatch = 500;

    // A reader that does not keep up holds up the reading of logs, not the program that prints them.
    private const int MaxWaiting = 2000;

    public static async Task ReadAsync(
        IDashboardResources resources, IEnumerable<string> names, Func<IReadOnlyList<ConsoleLine>, Task> send, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lines = Channel.CreateBounded<ConsoleLine>(MaxWaiting);
        var readers = Task.WhenAll(names.Select(name => CopyAsync(resources, name, lines.Writer, ended.Token)));
        _ = readers.ContinueWith(_ => lines.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            var batch = new List<ConsoleLine>();
            while (await lines.Reader.WaitToReadAsync(cancellationToken))
            {
                while (batch.Count < MaxBatch && lines.Reader.TryRead(out var line))
                    batch.Add(line);
                await send(batch);
                batch.Clear();
            }
        }
        finally
        {
            await ended.CancelAsync();
            await readers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task CopyAsync(
        IDashboardResources resources, string name, ChannelWriter<ConsoleLine> lines, CancellationToken cancellationToken)
    {
        var last = "info";
        await foreach (var line in resources.LogsAsync(name, cancellationToken).WithCancellation(cancellationToken))
        {
            var text = ConsoleText.Clean(line.Text);
            if (!ConsoleText.IsContinuation(text))
                last = ConsoleText.LevelOf(text) ?? (line.IsError ? "error" : "info");
            await lines.WriteAsync(new ConsoleLine(name, line.Number, line.At, text, last), cancellationToken);
        }
    }
}
