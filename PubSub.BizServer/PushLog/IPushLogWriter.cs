using PubSub.Protocol;
using PubSub.ServiceDefaults;

namespace PubSub.BizServer.PushLog;

/// <summary>Writes to the durable push log, from which the push managers' job workers publish.</summary>
internal interface IPushLogWriter : IAsyncDisposable
{
    /// <summary>Appends jobs of one channel, in their order. Returns when the log has them.</summary>
    /// <exception cref="PushLogAwayException">The log did not take all of them, or did not say so in time.</exception>
    Task AppendAsync(IReadOnlyList<PushJob> jobs, CancellationToken cancellationToken);

    /// <summary>What a 202 is worth with this log as it is set up.</summary>
    Task<LogDurability> CheckDurabilityAsync(CancellationToken cancellationToken);
}

/// <summary>The message is for whoever sent the request.</summary>
internal sealed class PushLogAwayException(string message, Exception? cause = null) : Exception(message, cause);
