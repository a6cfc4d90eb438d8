using System.Diagnostics;
using PubSub.Protocol;
using PubSub.PushManager.Devices;

namespace PubSub.PushManager.Offline;

/// <summary>A push that reached no session, on its way to one receiver outside.</summary>
/// <param name="UserId">Whom it was for.</param>
/// <param name="Message">As it was accepted.</param>
/// <param name="Parent">The span of the push.</param>
/// <param name="Device">The one to tell, where the receiver is one.</param>
internal sealed record Notification(string UserId, ChannelMessage Message, ActivityContext Parent, Device? Device = null)
{
    /// <summary>Begun so far.</summary>
    public int Tries { get; set; }
}
