using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.PushManager.Receipts;

/// <summary>A receipt that a publisher asked for, before it stands in its feed.</summary>
/// <param name="Feed">Where to.</param>
/// <param name="UserId">Whose message.</param>
/// <param name="MessageId">Which.</param>
/// <param name="Position">Its place in the user's log.</param>
/// <param name="Device">Whose device; empty: sessions that name none.</param>
/// <param name="Session">Which acknowledged it; empty: nobody says.</param>
/// <param name="Kind">Delivered or read.</param>
/// <param name="At">Unix time in milliseconds.</param>
internal readonly record struct DueReceipt(
    string Feed, string UserId, string MessageId, ChannelPosition Position, string Device, string Session, ReceiptKind Kind,
    long At);

/// <param name="Until">The cursor may move so far once these are told.</param>
/// <param name="Receipts">What the way there tells.</param>
internal sealed record DueReceipts(ChannelPosition Until, IReadOnlyList<DueReceipt> Receipts);
