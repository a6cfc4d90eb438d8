using PubSub.Protocol;

namespace PubSub.BizServer.PushLog;

/// <summary>The jobs that no worker could publish.</summary>
internal interface IDeadLetters
{
    /// <summary>The oldest first.</summary>
    /// <exception cref="PushLogAwayException">The log does not answer.</exception>
    Task<IReadOnlyList<DeadLetter>> ListAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Puts one back into the push log, behind what waits there.</summary>
    /// <returns>False where it is no longer there.</returns>
    /// <exception cref="PushLogAwayException">The log does not answer.</exception>
    Task<bool> ReplayAsync(DeadLetter letter, CancellationToken cancellationToken);
}

/// <param name="Partition">Where it lies.</param>
/// <param name="LogId">Its place there.</param>
/// <param name="BuriedAt">When it was given up.</param>
/// <param name="Reason">Why.</param>
/// <param name="Job">What it says; null where it cannot be read.</param>
internal sealed record DeadLetter(int Partition, string LogId, DateTimeOffset BuriedAt, string Reason, PushJob? Job)
{
    /// <summary>The record as it is.</summary>
    public byte[] Bytes { get; init; } = [];

    public static PushJob? ReadJob(byte[]? bytes)
    {
        try
        {
            return bytes is null ? null : PushJob.Parser.ParseFrom(bytes);
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
