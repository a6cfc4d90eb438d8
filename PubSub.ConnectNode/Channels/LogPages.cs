using System.Runtime.InteropServices;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.ConnectNode.Channels;

/// <summary>
/// The pages of a channel's log that are asked for, or kept for those who come next. Where there are too many, or the
/// node keeps too much, a page is not kept but read again.
/// </summary>
internal sealed class LogPages(GapRepair log) : IDisposable
{
    private const int Most = 64;

    private readonly List<LogPage> _pages = [];

    /// <summary>One is asked for and not there yet.</summary>
    public bool IsReading => _pages.Exists(static page => !page.IsLoaded);

    public LogPage Add(ChannelPosition? after, string? device)
    {
        var page = new LogPage(after, device);
        _pages.Add(page);
        return page;
    }

    /// <summary>The page that begins there, be it still to come.</summary>
    public LogPage? Find(ChannelPosition? after, string? device) =>
        _pages.Find(page => page.After == after && page.Device == device);

    /// <summary>The page that begins there and is still to come.</summary>
    public LogPage? FindComing(ChannelPosition? after) => _pages.Find(page => !page.IsLoaded && page.After == after);

    /// <summary>A page that has the message behind this position.</summary>
    public LogPage? FindNext(ChannelPosition position)
    {
        foreach (var page in CollectionsMarshal.AsSpan(_pages))
        {
            if (page.HasNextAfter(position))
                return page;
        }

        return null;
    }

    public void Load(LogPage page, LogSlice slice)
    {
        page.Load(slice);
        log.Keeps(page.Bytes);
    }

    /// <summary>Everybody who waited for it has had it.</summary>
    public void Used(LogPage page)
    {
        if (log.KeepsTooMuch || _pages.Count > Most)
            Drop(page);
    }

    public void Drop(LogPage page)
    {
        if (page.IsLoaded)
            log.Keeps(-page.Bytes);
        page.Dispose();
        _pages.Remove(page);
    }

    public void Dispose()
    {
        foreach (var page in _pages.ToArray())
            Drop(page);
    }
}
