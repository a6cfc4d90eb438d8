using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.Controller.Doors;

/// <summary>What a request may hold. Checked before anything is written; the refusal names the field.</summary>
internal static class RequestRules
{
    public const int MaxBatch = 10_000;

    private const int MostUsers = 10_000_000;

    public static void Id(string field, string id) => Complain(IdRules.Complaint(field, id));

    /// <summary>Ids and names that may be left out; a name is held to the same rules as an id.</summary>
    public static void Optional(string field, string text)
    {
        if (text.Length > 0)
            Id(field, text);
    }

    public static void Incarnation(long incarnation) => Complain(incarnation < 0
        ? $"incarnation is {incarnation}: give the node's incarnation, or 0 for its present one."
        : null);

    public static int Limit(string field, int given, int usual, int most)
    {
        Complain(given < 0 || given > most ? $"{field} is {given}: give 1 to {most}, or 0 for {usual}." : null);
        return given == 0 ? usual : given;
    }

    public static void Batch(string field, int count) => Complain(count > MaxBatch
        ? $"{field} holds {count} entries: send at most {MaxBatch} at a time."
        : null);

    public static void MaxUsers(int maxUsers) => Complain(maxUsers is < 0 or > MostUsers
        ? $"max_users is {maxUsers}: give 1 to {MostUsers}, or 0 for the default."
        : null);

    public static void Port(string field, int port) => Complain(port is < 0 or > 65_535
        ? $"{field} is {port}: give a port of 1 to 65535, or 0 for none."
        : null);

    public static void Log(LogSettings? log)
    {
        Complain(log is { MaxMessages: < 0 } ? $"log.max_messages is {log.MaxMessages}: give a count, or 0 for the default." : null);
        Complain(log is { MaxAgeSeconds: < 0 } ? $"log.max_age_seconds is {log.MaxAgeSeconds}: give seconds, or 0 for the default." : null);
    }

    public static void SlowReaders(SlowReaderPolicy policy) => Complain(Enum.IsDefined(policy)
        ? null
        : $"slow_readers is {(int)policy}: give DISCONNECT, DROP_OLDEST or CONFLATE, or leave it out for the default.");

    public static void Change(SessionChange change)
    {
        switch (change.ChangeCase)
        {
            case SessionChange.ChangeOneofCase.Online:
                Session(change.Online.UserId, change.Online.SessionId);
                Optional("user_name", change.Online.UserName);
                foreach (var roomId in change.Online.RoomIds)
                    Id("room_ids", roomId);
                break;
            case SessionChange.ChangeOneofCase.Offline:
                Session(change.Offline.UserId, change.Offline.SessionId);
                break;
            case SessionChange.ChangeOneofCase.Join:
                Session(change.Join.UserId, change.Join.SessionId);
                Optional("user_name", change.Join.UserName);
                Id("room_id", change.Join.RoomId);
                break;
            case SessionChange.ChangeOneofCase.Leave:
                Session(change.Leave.UserId, change.Leave.SessionId);
                Id("room_id", change.Leave.RoomId);
                break;
            default:
                Complain("change is empty: set online, offline, join or leave.");
                break;
        }
    }

    public static void Complain(string? complaint)
    {
        if (complaint is not null)
            throw new Refusal(RefusalKind.Invalid, complaint);
    }

    private static void Session(string userId, string sessionId)
    {
        Id("user_id", userId);
        Id("session_id", sessionId);
    }
}
