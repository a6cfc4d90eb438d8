using System.ComponentModel.DataAnnotations;
using PubSub.Protocol.Channels;
using PubSub.ServiceDefaults;

namespace PubSub.PushManager.Log;

/// <summary>How much the logs keep. A room may have other limits, or no log (UpdateRoom).</summary>
internal sealed class ChannelLogOptions
{
    public const string Section = "ChannelLogs";

    private RoomLogRules? _rules;

    [Setting("ROOM_LOG_OFF", "No room has a log, whatever its own settings say; pushes to rooms are at most once")]
    public bool RoomOff { get; set; }

    [Setting("ROOM_LOG_MESSAGES", "Newest messages that a room's log keeps"), Range(1, 1_000_000)]
    public int RoomMessages { get; set; } = 1000;

    [Setting("ROOM_LOG_SECONDS", "Seconds that a room's log keeps a message"), Range(1, 31_536_000)]
    public int RoomSeconds { get; set; } = 3600;

    [Setting("ROOM_LOG_RULES", "Other defaults for rooms by the start of their ids, as 'game-=off; chat-=messages:5000,seconds:86400'; the longest start counts")]
    public string RoomRules { get; set; } = "";

    [Setting("USER_LOG_OFF", "Users have no log; pushes to them are at most once")]
    public bool UserOff { get; set; }

    [Setting("USER_LOG_MESSAGES", "Newest messages that a user's log (the offline inbox) keeps"), Range(1, 1_000_000)]
    public int UserMessages { get; set; } = 1000;

    [Setting("USER_LOG_SECONDS", "Seconds that a user's log keeps a message"), Range(1, 31_536_000)]
    public int UserSeconds { get; set; } = 604_800;

    [Setting("USER_ACKS_KEPT", "Latest acknowledgements of a user's sessions that are kept, about so many, so that GetMessageStatus can name the sessions; 0: none"), Range(0, 100_000)]
    public int UserAcksKept { get; set; } = 100;

    [Setting("ALL_LOG_OFF", "Broadcasts have no log; they are at most once")]
    public bool AllOff { get; set; }

    [Setting("ALL_LOG_MESSAGES", "Newest broadcasts that the log keeps"), Range(1, 1_000_000)]
    public int AllMessages { get; set; } = 1000;

    [Setting("ALL_LOG_SECONDS", "Seconds that the log keeps a broadcast"), Range(1, 31_536_000)]
    public int AllSeconds { get; set; } = 3600;

    [Setting("POSITION_SECONDS", "Seconds that an idle channel's epoch and offset are kept; later it starts a new epoch")]
    [Range(60, 31_536_000)]
    public int PositionSeconds { get; set; } = 604_800;

    [Setting("MESSAGE_ID_SECONDS", "Seconds in which a push with the same message id is the same push"), Range(1, 86_400)]
    public int MessageIdSeconds { get; set; } = 300;

    // Only what is between its append and its commit in the push log has its id for so long.
    [Setting("JOB_ID_SECONDS", "Seconds in which a job of the push log that was published but not committed is recognised"), Range(60, 31_536_000)]
    public int JobIdSeconds { get; set; } = 604_800;

    public LogLimits Of(ChannelId channel) => channel.Kind switch
    {
        ChannelKind.Room => OfRoom(channel.Id),
        ChannelKind.User => new LogLimits(UserOff, UserMessages, UserSeconds),
        _ => new LogLimits(AllOff, AllMessages, AllSeconds),
    };

    public IEnumerable<string> Faults() => RoomLogRules.Parse(RoomRules, out _) is { } fault ? [$"ROOM_LOG_RULES: {fault}"] : [];

    private LogLimits OfRoom(string roomId)
    {
        var usual = new LogLimits(RoomOff, RoomMessages, RoomSeconds);
        if (RoomRules.Length == 0)
            return usual;
        if (_rules is null)
        {
            RoomLogRules.Parse(RoomRules, out var rules);
            _rules = rules;
        }

        return _rules.Of(roomId, usual);
    }
}

internal readonly record struct LogLimits(bool Off, int Messages, int Seconds);
