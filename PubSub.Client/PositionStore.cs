using System.Collections.Concurrent;
using PubSub.Protocol.Channels;

namespace PubSub.Client;

/// <summary>
/// Keeps how far one user's app has got in each channel. An app that is to go on where it stopped, also after a crash,
/// gives a store of its own that writes to a file or database. Positions are saved after the handlers are done with a
/// message: a message that was being handled in a crash comes again.
/// </summary>
public abstract class PositionStore
{
    /// <summary>All positions, by channel; asked once, before the first attempt to connect.</summary>
    public abstract ValueTask<IReadOnlyDictionary<string, ChannelPosition>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>The app is done with everything up to this position. Called in order, one at a time.</summary>
    public abstract ValueTask SaveAsync(string channel, ChannelPosition position, CancellationToken cancellationToken);

    /// <summary>The room was left: there is nothing to go on from.</summary>
    public abstract ValueTask ForgetAsync(string channel, CancellationToken cancellationToken);
}

/// <summary>Keeps positions as long as it lives; give it to the next client to go on there.</summary>
public sealed class MemoryPositionStore : PositionStore
{
    private readonly ConcurrentDictionary<string, ChannelPosition> _positions = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyDictionary<string, ChannelPosition>> LoadAsync(CancellationToken cancellationToken) =>
        new(new Dictionary<string, ChannelPosition>(_positions));

    /// <inheritdoc/>
    public override ValueTask SaveAsync(string channel, ChannelPosition position, CancellationToken cancellationToken)
    {
        _positions[channel] = position;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask ForgetAsync(string channel, CancellationToken cancellationToken)
    {
        _positions.TryRemove(channel, out _);
        return ValueTask.CompletedTask;
    }
}
