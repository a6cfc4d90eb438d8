namespace PubSub.ServiceDefaults;

/// <summary>What the word that something is in a log is worth. Here, because two services give that word; the client of Redis is theirs.</summary>
/// <param name="IsFull">What was accepted survives the end of any process, the log's own included.</param>
/// <param name="Description">What was found, and what to set where that is less.</param>
public sealed record LogDurability(bool IsFull, string Description)
{
    /// <summary>Of a log on Redis.</summary>
    /// <param name="readSetting">The value of one of Redis' settings (CONFIG GET); null where Redis does not tell it.</param>
    /// <param name="promised">What is in the log, as its writer was told.</param>
    public static async Task<LogDurability> OfRedisAsync(Func<string, Task<string?>> readSetting, string promised)
    {
        ArgumentNullException.ThrowIfNull(readSetting);
        var appendOnly = await readSetting("appendonly");
        var fsync = await readSetting("appendfsync");
        return (appendOnly, fsync) switch
        {
            (null, _) or (_, null) => new(false, "Redis does not tell its settings (CONFIG GET is not allowed). See that they are appendonly yes and appendfsync always."),
            ("yes", "always") => new(true, $"appendonly yes, appendfsync always: {promised} is on disk."),
            ("yes", _) => new(false, $"appendfsync {fsync}: when Redis or its machine dies, {Loss(fsync)} of {promised} is lost. Set appendfsync always."),
            _ => new(false, $"appendonly no: when Redis dies, {promised} is lost. Set appendonly yes and appendfsync always."),
        };
    }

    /// <summary>Redis refuses CONFIG GET for good; while it loads its data it refuses everything.</summary>
    public static bool WillNotTell(string refusal) => !(refusal ?? "").StartsWith("LOADING", StringComparison.Ordinal);

    private static string Loss(string fsync) => fsync is "everysec" ? "up to the last second" : "whatever the system had not written yet";
}
