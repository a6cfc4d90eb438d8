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
    public async Task<CallOutcome> CallAsync(Func<CancellationToken, Task<NotifyOutcome>> call, CancellationToken stoppingToken)
    {
        for (var tries = 1; ; tries++)
        {
            var outcome = await TryAsync(call, stoppingToken);
            if (outcome.Result is not NotifyResult.Failed || tries == most)
                return new CallOutcome(outcome.Result, tries, outcome.Why);
            await Task.Delay(PauseAfter(tries, outcome.RetryAfter), time, stoppingToken);
        }
    }

    /// <summary>Half of it at random: those who failed together need not come back together.</summary>
    /// <param name="tries">How many there were.</param>
    /// <param name="asked">What the answer asked for, which is kept to.</param>
    public TimeSpan PauseAfter(int tries, TimeSpan? asked)
    {
        var pause = Math.Min(LongestPause.TotalMilliseconds, firstPause.TotalMilliseconds * Math.Pow(2, tries - 1));
        var chosen = TimeSpan.FromMilliseconds(pause * (0.5 + (Random.Shared.NextDouble() / 2)));
        return asked > chosen ? asked.Value + chosen : chosen;
    }

    /// <summary>One try. That the network failed, or that it took too long, is its outcome.</summary>
    public async Task<NotifyOutcome> TryAsync(Func<CancellationToken, Task<NotifyOutcome>> call, CancellationToken stoppingToken)
    {
        using var patience = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stoppingToken);
        try
        {
            return await call(either.Token);
        }
        catch (HttpRequestException failure)
        {
            return new NotifyOutcome(NotifyResult.Failed, Why: failure.Message);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return new NotifyOutcome(NotifyResult.Failed, Why: "it did not answer in time");
        }
    }
}

/// <param name="Result">Of the last try.</param>
/// <param name="Tries">How many there were.</param>
/// <param name="Why">What was wrong with the last one.</param>
internal readonly record struct CallOutcome(NotifyResult Result, int Tries, string Why);
