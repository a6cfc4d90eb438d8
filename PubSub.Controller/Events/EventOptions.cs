using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.Controller.Events;

internal sealed class EventOptions
{
    public const string Section = "Events";

    [Setting("EVENTS_KEPT", "Events that are kept for watchers who come back; about so many"), Range(100, 100_000_000)]
    public int Kept { get; set; } = 100_000;

    [Setting("EVENTS_POLL_MS", "Milliseconds between two looks for new events, for all watchers together"), Range(10, 60_000)]
    public int PollMs { get; set; } = 200;

    public TimeSpan Poll => TimeSpan.FromMilliseconds(PollMs);
}
