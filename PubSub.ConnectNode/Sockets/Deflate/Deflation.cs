using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace PubSub.ConnectNode.Sockets.Deflate;

/// <summary>
/// permessage-deflate (RFC 7692), where the node's settings allow it. No session keeps anything from one message to the
/// next, in neither direction: so one deflated message serves everybody who agreed to the same window, and a session
/// holds no window of its own.
/// </summary>
internal sealed class Deflation
{
    // Few, because each costs the work once more. What fits into none of them is declined: zlib has no raw window of 8 bits.
    private static readonly int[] Bits = [15, 12, 9];

    private readonly DeflateWindow[] _windows;

    public Deflation(IOptions<NodeOptions> options)
    {
        if (!options.Value.Deflate)
        {
            _windows = [];
            return;
        }

        var widest = new DeflateWindow(0, Bits[0], options.Value.DeflateMinBytes, Counts);
        _windows = [widest, .. Bits.Skip(1).Select((bits, i) => new DeflateWindow(i + 1, bits, options.Value.DeflateMinBytes, Counts) { Widest = widest })];
    }

    public DeflateCounts Counts { get; } = new();

    /// <summary>The first offer that can be met; null where none can.</summary>
    public DeflateAgreement? Agree(StringValues offers)
    {
        if (_windows.Length == 0 || offers.Count == 0)
            return null;
        foreach (var offer in DeflateOffer.ReadAll(offers))
        {
            if (Array.Find(_windows, window => window.Bits <= (offer.ServerMaxWindowBits ?? Bits[0])) is { } window)
                return new DeflateAgreement(window, offer);
        }

        return null;
    }
}

/// <param name="Window">What the session's messages may refer back to.</param>
/// <param name="Offer">Of the client.</param>
internal sealed record DeflateAgreement(DeflateWindow Window, DeflateOffer Offer)
{
    /// <summary>The value of Sec-WebSocket-Extensions. A client's window is its own affair, but some want to hear it again.</summary>
    public string Answer =>
        $"{DeflateOffer.Extension}; {DeflateOffer.ServerNoContextTakeover}; {DeflateOffer.ClientNoContextTakeover}"
        + (Offer.ServerMaxWindowBits is null ? "" : $"; {DeflateOffer.ServerWindow}={Window.Bits}")
        + (Offer.ClientMaxWindowBits is { } own ? $"; {DeflateOffer.ClientWindow}={own}" : "");
}
