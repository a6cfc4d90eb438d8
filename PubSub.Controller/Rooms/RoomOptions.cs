using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.Controller.Rooms;

internal sealed class RoomOptions
{
    public const string Section = "Rooms";

    [Setting("ROOM_MAX_USERS", "Users that a room takes where nothing else was set for it"), Range(1, 10_000_000)]
    public int DefaultMaxUsers { get; set; } = 100;
}
