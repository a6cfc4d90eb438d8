namespace PubSub.PushManager.Webhooks;

/// <summary>The header in which an answer says when to try again.</summary>
internal static class RetryAfter
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>What the answer asks for, an hour at most; null where it asks for nothing.</summary>
    public static TimeSpan? Of(HttpResponseMessage answer, TimeProvider time)
    {
        var asked = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return asked > Longest ? Longest : asked;
    }
}
