using PubSub.PushManager.Log;

namespace PubSub.PushManager.Receipts;

/// <summary>
/// Takes what devices acknowledge: moves their cursors, and tells the receipts that publishers asked for.
/// </summary>
/// <remarks>
/// Problem: the cursor lies with its user and the feed on another hash slot, so no script can write both, and this process
/// may die between them. So a cursor that passes a message whose receipts are wanted does not move before they stand in
/// the feed. Dying in between leaves a cursor that did not move and a client without an answer: it acknowledges again, or
/// gets the message again, and the receipt that is told a second time is known as the same one. So every
/// acknowledgement that was stored has its receipts. Of messages that nobody asked about, one step remains one.
/// </remarks>
internal sealed class Acknowledgements(CursorStore cursors, ReceiptFeeds feeds)
{
    public async Task TakeAsync(CursorMove move)
    {
        while (await cursors.MoveAsync(move, isTold: false) is { } due)
        {
            await feeds.TellAsync(due.Receipts);
            await cursors.MoveAsync(move with { Position = due.Until }, isTold: true);
            if (due.Until == move.Position)
                return;
        }
    }
}
