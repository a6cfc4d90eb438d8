using PubSub.PushManager.Offline;

namespace PubSub.PushManager.Webhooks;

/// <summary>How often somebody outside is called, and with which pauses: each twice as long as the one before.</summary>
/// <param name="most">Tries before it is given up.</param>
/// <param name="firstPause">Before the second try.</param>
/// <param name="timeout">Of one try.</param>
/// <param name="time">The clock of all this.</param>
internal sealed class CallTries(int most, TimeSpan firstPause, TimeSpan timeout, TimeProvider time)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Calls until it is sent, refused, or tried often enough.</summary>
    public async Task<CallOutcome> CallAsync(Func<CancellationToken, Task<NotifyResult>> call, CancellationToken stoppingToken)
    {
        for (var tries = 1; ; tries++)
        {
            var (result, why) = await TryAsync(call, stoppingToken);
            if (result is not NotifyResult.Failed || tries == most)
                return new CallOutcome(result, tries, why);
            await Task.Delay(PauseAfter(tries), time, stoppingToken);
        }
    }

    private async Task<(NotifyResult Result, string Why)> TryAsync(
        Func<CancellationToken, Task<NotifyResult>> call, CancellationToken stoppingToken)
    {
        using var patience = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stoppingToken);
        try
        {
            return (await call(either.Token), "it answered with a failure");
        }
        catch (HttpRequestException failure)
        {
            return (NotifyResult.Failed, failure.Message);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return (NotifyResult.Failed, "it did not answer in time");
        }
    }

    /// <summary>Half of it at random: those who failed together need not come back together.</summary>
    private TimeSpan PauseAfter(int tries)
    {
        var pause = Math.Min(LongestPause.TotalMilliseconds, firstPause.TotalMilliseconds * Math.Pow(2, tries - 1));
        return TimeSpan.FromMilliseconds(pause * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}

/// <param name="Result">Of the last try.</param>
/// <param name="Tries">How many there were.</param>
/// <param name="Why">What was wrong with the last one.</param>
internal readonly record struct CallOutcome(NotifyResult Result, int Tries, string Why)
{
    /// <summary>In the word that metrics use.</summary>
    public string Word => Result switch
    {
        NotifyResult.Sent => "sent",
        NotifyResult.Refused => "refused",
        _ => "failed",
    };
}
