namespace PubSub.Client.Connecting;

/// <summary>How a connection, or an attempt at one, ended; SPEC.md section 8.</summary>
internal sealed record Ending(int Code, string Reason, bool MayReconnect, TimeSpan RetryAfter = default, bool IsSlowReader = false)
{
    public static Ending Lost(string why) => new(0, why, true);

    public static Ending ClosedWith(int code, string reason) =>
        new(code, reason.Length > 0 ? reason : $"closed with {code}", MayComeBack(code));

    public static Ending Advised(int code, string reason, int retryAfterMs) =>
        new(code, reason, retryAfterMs >= 0 && MayComeBack(code), TimeSpan.FromMilliseconds(Math.Max(0, retryAfterMs)));

    /// <summary>The answer to the handshake was no 101.</summary>
    public static Ending Refused(int status, TimeSpan retryAfter, string reason) =>
        new(status, reason, status is 0 or 404 or 408 or 429 or >= 500, retryAfter);

    private static bool MayComeBack(int code) => code is not (1002 or 1003 or 1007 or 1009) and < 4500;
}

/// <summary>An attempt or connection ended; the one exception of this folder.</summary>
internal sealed class ConnectionEndedException(Ending ending, Exception? inner = null) : Exception(ending.Reason, inner)
{
    public Ending Ending { get; } = ending;
}
