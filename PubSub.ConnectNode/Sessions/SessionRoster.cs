using PubSub.ConnectNode.Channels;
using PubSub.ConnectNode.Upstream;
using PubSub.Protocol;

namespace PubSub.ConnectNode.Sessions;

/// <summary>Who is here, for the controllers; and what follows from having been told to them again.</summary>
internal sealed class SessionRoster(SessionTable sessions, ChannelTable channels) : ISessionRoster
{
    public int Count => sessions.Count;

    public IReadOnlyList<SessionOnline> Snapshot() =>
        [.. sessions.All.Where(static session => session is { User: not null, IsEnding: false }).Select(SessionEntry.Announcement)];

    // While nobody routed to this node, pushes may have passed it by.
    public void Announced() => channels.RecheckAll();
}
