using PubSub.Protocol;

namespace PubSub.Controller.Events;

/// <summary>The kinds of events by the words that stand in Redis.</summary>
internal static class EventKinds
{
    public const string UserOnline = "user_online";
    public const string UserOffline = "user_offline";
    public const string RoomOccupied = "room_occupied";
    public const string RoomVacated = "room_vacated";

    public static ClusterEventKind Parse(string text) => text switch
    {
        UserOnline => ClusterEventKind.UserOnline,
        UserOffline => ClusterEventKind.UserOffline,
        RoomOccupied => ClusterEventKind.RoomOccupied,
        RoomVacated => ClusterEventKind.RoomVacated,
        _ => ClusterEventKind.Unspecified,
    };
}
