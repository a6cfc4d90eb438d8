using System.Diagnostics;
using PubSub.Protocol;

namespace PubSub.PushManager.Links;

/// <summary>One entry of a link's queue: the message, who waits to hear of it, and the span that ends with its ack.</summary>
/// <param name="Delivery">What travels.</param>
/// <param name="Receipt">Null: nobody waits (any more).</param>
/// <param name="Span">Null where the push is not traced.</param>
internal readonly record struct LinkDelivery(Delivery Delivery, PushReceipt? Receipt, Activity? Span)
{
    /// <summary>The node can read the message from the log if this delivery is lost.</summary>
    public bool IsRepairable => Delivery.WhatCase is Delivery.WhatOneofCase.Gap || Delivery.Message.Position is { Epoch: not 0 };

    /// <summary>What to tell the node instead, should this delivery be lost.</summary>
    public Gap ToGap() => Delivery.WhatCase is Delivery.WhatOneofCase.Gap
        ? Delivery.Gap
        : new Gap { Channel = Delivery.Message.Channel, Until = Delivery.Message.Position };

    public void Reached(int sessions)
    {
        Span?.SetTag("pubsub.sessions", sessions).Dispose();
        Receipt?.Reached(sessions);
    }

    public void Missed(string reason)
    {
        Span?.SetStatus(ActivityStatusCode.Error, reason).Dispose();
        Receipt?.Missed();
    }

    /// <summary>The same delivery, for which nobody waits any more.</summary>
    public LinkDelivery Unawaited(string reason)
    {
        Missed(reason);
        return new LinkDelivery(Delivery, null, null);
    }
}
