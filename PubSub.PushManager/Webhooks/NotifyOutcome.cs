namespace PubSub.PushManager.Webhooks;

/// <summary>What became of one try to tell somebody outside.</summary>
/// <param name="Result">What to do next.</param>
/// <param name="Status">The HTTP status of the answer; 0 where there is none.</param>
/// <param name="Why">For people: what is wrong, without a secret in it.</param>
/// <param name="RetryAfter">Not to be tried again before.</param>
/// <param name="GoneAt">Since when the device's token is gone, where that was said.</param>
internal readonly record struct NotifyOutcome(
    NotifyResult Result, int Status = 0, string Why = "", TimeSpan? RetryAfter = null, DateTimeOffset? GoneAt = null);

internal enum NotifyResult
{
    Sent,

    /// <summary>The user has no registered device.</summary>
    Nobody,

    /// <summary>It would be refused again.</summary>
    Refused,

    /// <summary>It may go well later.</summary>
    Failed,

    /// <summary>The device's token is no longer one.</summary>
    Gone,
}

internal static class NotifyResults
{
    /// <summary>The word that metrics use.</summary>
    public static string Word(this NotifyResult result) => result switch
    {
        NotifyResult.Sent => "sent",
        NotifyResult.Nobody => "nobody",
        NotifyResult.Refused => "refused",
        NotifyResult.Gone => "gone",
        _ => "failed",
    };
}
