using System.Globalization;
using Microsoft.Extensions.Options;
using PubSub.Protocol.Channels;
using PubSub.PushManager.Upstreams;
using StackExchange.Redis;
using ChannelMessage = PubSub.Protocol.ChannelMessage;

namespace PubSub.PushManager.Log;

/// <summary>
/// The logs of all channels, in Redis: append, and end. Reading is <see cref="LogReader"/>'s.
/// </summary>
/// <remarks>
/// <para>
/// Problem: several push managers may write to one channel at once, any of them may die at any line, and Redis may
/// lose what it held. Still one order, no offset twice within an epoch, and no push accepted that is not stored.
/// </para>
/// <para>
/// A channel is three kinds of keys in one hash slot: a stream with the messages, whose entry ids are
/// <c>epoch-offset</c>; a hash with epoch and offset, which outlives the messages; one short-lived key per message id
/// of a publisher. One script appends all messages of a channel that came at one moment: it takes the room's settings
/// from the room's own record (so a room without a record has no log, and a change of settings works at once), checks
/// the ids, gives the offsets and cuts the log to its bounds. A stream, because it finds a position without a scan,
/// takes about half the memory of a list of the same messages with a score beside each, and XRANGE reads it aloud.
/// </para>
/// <para>
/// Failures. The push manager dies before the script: nothing happened. After it: the messages are in the log, the
/// publisher has no answer and repeats with the same id; the repetition finds the position, and the nodes are told to
/// be there. Redis is away: refused within the time-out, then at once, until a probe succeeds. The time-out can strike
/// while the script still runs later; then a message stands in the log whose publisher was told "unavailable", which
/// is the honest word for not knowing. Redis lost its data: the hash is gone, and the script starts a new epoch, which
/// every reader notices. Redis came back with older data: the caller hands in the last position it knows, and where
/// that lies ahead of the store, the script starts a new epoch too.
/// </para>
/// <para>
/// Not promised: an outage that takes Redis' newest data together with all push managers' memory at once can give an
/// offset twice. Run Redis with <c>appendfsync always</c> where that matters.
/// </para>
/// </remarks>
internal sealed partial class ChannelLog : IAsyncDisposable
{
    private static readonly RedisScript Append = new("channel.lua", "append.lua");
    private static readonly RedisScript Settle = new("settle.lua");

    private readonly IConnectionMultiplexer _redis;
    private readonly ChannelLogOptions _options;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly OutageGate _gate;

    public ChannelLog(
        IConnectionMultiplexer redis, IOptions<RedisOptions> redisOptions, IOptions<ChannelLogOptions> options,
        TimeProvider time, ILogger<ChannelLog> logger)
    {
        _redis = redis;
        _timeout = redisOptions.Value.Timeout;
        _options = options.Value;
        _time = time;
        _gate = new OutageGate("Redis, which holds the channels' logs,", _ => redis.GetDatabase().PingAsync(), time, logger);
    }

    public bool IsAway => _gate.IsAway;

    public int UserAcksKept => _options.UserAcksKept;

    /// <summary>The channel has no log, whatever its own settings say.</summary>
    public bool IsAlwaysOff(ChannelId channel) => _options.Of(channel).Off;

    /// <summary>Appends messages of one channel in their order. All of them are stored, or the call throws.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="entries">The messages, not more than fit into one script call.</param>
    /// <param name="known">The newest position that the caller was given before.</param>
    /// <exception cref="UpstreamAwayException">Redis does not answer; the messages are most likely not stored.</exception>
    /// <exception cref="ChannelDamagedException">The channel's keys in Redis cannot be used.</exception>
    public async Task<LogAppend> AppendAsync(ChannelId channel, IReadOnlyList<LogEntry> entries, ChannelPosition known)
    {
        var keys = new List<RedisKey>(3 + entries.Count) { LogKeys.Log(channel), LogKeys.Position(channel), LogKeys.Owner(channel) };
        var values = CommonValues(channel);
        values.Add(known.Epoch);
        values.Add(known.Offset);
        values.Add(entries.Count);
        foreach (var entry in entries)
            Add(entry, channel, _options, keys, values);
        AddWanted(channel, entries, keys, values);

        return Parse(await EvaluateAsync(channel, Append, keys, values), entries.Count);
    }

    /// <summary>The job with this id will not come again by itself: from now on its id is kept like any other.</summary>
    public Task SettleAsync(ChannelId channel, string messageId) =>
        EvaluateAsync(Settle, [LogKeys.MessageId(channel, messageId)], [_options.MessageIdSeconds]);

    public async Task<bool> AnswersAsync()
    {
        var ping = _redis.GetDatabase().PingAsync();
        await ((Task)ping).WaitAsync(_timeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ping.IsCompletedSuccessfully;
    }

    public ValueTask DisposeAsync() => _gate.DisposeAsync();

    /// <summary>Runs a script of the keys that every channel has.</summary>
    /// <exception cref="ChannelDamagedException">The channel's keys in Redis cannot be used.</exception>
    public async Task<RedisResult[]> EvaluateAsync(ChannelId channel, RedisScript script, List<RedisKey> keys, List<RedisValue> values)
    {
        try
        {
            return await EvaluateAsync(script, keys, values);
        }
        catch (KeyRefusedException refused) when (ChannelDamage.Find(refused.InnerException!.Message, channel) is { } damage)
        {
            throw new ChannelDamagedException(damage, refused);
        }
    }

    /// <summary>Runs a script; every failure is one that the publisher can understand.</summary>
    /// <exception cref="UpstreamAwayException">Redis does not answer, or refuses for a reason that passes or concerns everybody.</exception>
    /// <exception cref="KeyRefusedException">It refuses because of what one of these keys holds.</exception>
    public async Task<RedisResult[]> EvaluateAsync(RedisScript script, List<RedisKey> keys, List<RedisValue> values)
    {
        if (_gate.IsAway)
            throw new UpstreamAwayException("the channel's log (Redis) is away; nothing was stored. Try again later.");

        try
        {
            return await script.EvaluateAsync(_redis.GetDatabase(), [.. keys], [.. values]).WaitAsync(_timeout, _time);
        }
        catch (Exception cause) when (cause is RedisConnectionException or TimeoutException or TaskCanceledException)
        {
            _gate.ReportFailure(cause);
            throw new UpstreamAwayException("the channel's log (Redis) did not answer. Try again, with the same message_id.", cause);
        }
        catch (RedisServerException cause) when (ChannelDamage.IsOfKeys(cause.Message))
        {
            throw new KeyRefusedException(
                $"a key in Redis does not hold what it should ({cause.Message}): look at {string.Join(", ", keys)} (see TYPE), and delete or rename the one that is not as it should be.", cause);
        }
        catch (RedisServerException cause)
        {
            throw new UpstreamAwayException($"the channel's log (Redis) refused: {cause.Message}", cause);
        }
    }

    /// <summary>The values that channel.lua takes.</summary>
    public List<RedisValue> CommonValues(ChannelId channel)
    {
        var limits = _options.Of(channel);
        return
        [
            channel.Kind is ChannelKind.Room ? "room" : "other", limits.Off, limits.Messages, limits.Seconds,
            _options.PositionSeconds,
        ];
    }

    private static void Add(LogEntry entry, ChannelId channel, ChannelLogOptions options, List<RedisKey> keys, List<RedisValue> values)
    {
        if (entry.IsIdempotent)
            keys.Add(LogKeys.MessageId(channel, entry.Message.MessageId));
        var seconds = !entry.IsIdempotent ? 0 : entry.IsJob ? Math.Max(options.JobIdSeconds, options.MessageIdSeconds) : options.MessageIdSeconds;
        values.Add(entry.Published.IsLogged
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds} {entry.Published.Epoch}-{entry.Published.Offset}")
            : seconds);
        var count = values.Count;
        values.Add(0);
        LogEntryFormat.Write(entry.Message, values);
        values[count] = values.Count - count - 1;
    }

    private static void AddWanted(ChannelId channel, IReadOnlyList<LogEntry> entries, List<RedisKey> keys, List<RedisValue> values)
    {
        var before = values.Count;
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].ReceiptsTo is { Length: > 0 } feed)
                values.AddRange([i + 1, feed, entries[i].Message.MessageId]);
        }

        if (values.Count > before)
            keys.Add(LogKeys.Wanted(channel));
    }

    private static LogAppend Parse(RedisResult[] answer, int count)
    {
        var verdict = (LogVerdict)(int)answer[0];
        if (verdict is LogVerdict.NoRoom)
            return new LogAppend(verdict, []);

        var places = new LogPlace[count];
        for (var i = 0; i < count; i++)
        {
            var position = new ChannelPosition(RedisNumber.Parse(answer[1 + (i * 3)]), RedisNumber.Parse(answer[2 + (i * 3)]));
            places[i] = new LogPlace(position, (int)answer[3 + (i * 3)] == 1);
        }

        return new LogAppend(verdict, places);
    }
}

/// <param name="Message">What to append; its position is not yet set.</param>
/// <param name="IsIdempotent">The publisher gave the message's id, so a second one with it is the same message.</param>
/// <param name="IsJob">Its id is kept until <see cref="ChannelLog.SettleAsync"/>, or for the longest time that a job may wait.</param>
/// <param name="ReceiptsTo">The feed that its receipts go to; empty: nobody asked.</param>
/// <param name="Published">Where its publisher says that it stands already; only a log that has lost it takes it again.</param>
internal readonly record struct LogEntry(
    ChannelMessage Message, bool IsIdempotent, bool IsJob = false, string ReceiptsTo = "", ChannelPosition Published = default);

internal enum LogVerdict
{
    Logged = 0,
    LogOff = 1,
    NoRoom = 2,
}

/// <param name="Verdict">What holds for the whole channel.</param>
/// <param name="Places">Of each message; empty where the room does not exist.</param>
internal readonly record struct LogAppend(LogVerdict Verdict, LogPlace[] Places);

/// <param name="Position">Where the message is: of a duplicate, where it went the first time.</param>
/// <param name="IsDuplicate">A message with this id was appended before.</param>
internal readonly record struct LogPlace(ChannelPosition Position, bool IsDuplicate);
