using System.Text;
using Microsoft.Extensions.Primitives;

namespace PubSub.ConnectNode.Sockets.Deflate;

/// <summary>One offer of RFC 7692, section 7, by a client. Whatever is unusual in it makes it no offer; the next one is looked at.</summary>
/// <param name="ServerMaxWindowBits">The largest window of which the client can inflate; null where any will do.</param>
/// <param name="ClientMaxWindowBits">The largest one that the client will use; null where it says nothing.</param>
internal readonly record struct DeflateOffer(int? ServerMaxWindowBits, int? ClientMaxWindowBits)
{
    public const string Extension = "permessage-deflate";
    public const string ServerNoContextTakeover = "server_no_context_takeover";
    public const string ClientNoContextTakeover = "client_no_context_takeover";
    public const string ServerWindow = "server_max_window_bits";
    public const string ClientWindow = "client_max_window_bits";

    /// <summary>The good ones of the header, in the order of the client's preference.</summary>
    public static IEnumerable<DeflateOffer> ReadAll(StringValues header)
    {
        foreach (var line in header)
        {
            foreach (var extension in Split(line ?? "", ','))
            {
                if (TryRead(extension, out var offer))
                    yield return offer;
            }
        }
    }

    private static bool TryRead(string extension, out DeflateOffer offer)
    {
        offer = default;
        var parts = Split(extension, ';');
        if (parts[0] != Extension)
            return false;

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in parts.Skip(1))
        {
            if (!TryReadParameter(part, out var name, out var value) || !seen.Add(name))
                return false;
            var isGood = name switch
            {
                ServerNoContextTakeover or ClientNoContextTakeover => value is null,
                ServerWindow => WindowBits(value) is not null,
                ClientWindow => value is null || WindowBits(value) is not null,
                _ => false,
            };
            if (!isGood)
                return false;
            if (name == ServerWindow)
                offer = offer with { ServerMaxWindowBits = WindowBits(value) };
            if (name == ClientWindow)
                offer = offer with { ClientMaxWindowBits = WindowBits(value) };
        }

        return true;
    }

    /// <summary>8 to 15, without leading zeros.</summary>
    private static int? WindowBits(string? value) => value switch
    {
        "8" or "9" => value[0] - '0',
        ['1', >= '0' and <= '5' and var ones] => 10 + ones - '0',
        _ => null,
    };

    private static bool TryReadParameter(string text, out string name, out string? value)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        name = (equals < 0 ? text : text[..equals]).Trim(' ', '\t');
        value = equals < 0 ? null : text[(equals + 1)..].Trim(' ', '\t');
        if (value is not ['"', ..])
            return true;
        value = Unquote(value);
        return value is not null;
    }

    /// <summary>Null: it does not end where its quotes do.</summary>
    private static string? Unquote(string quoted)
    {
        var text = new StringBuilder();
        for (var i = 1; i < quoted.Length; i++)
        {
            if (quoted[i] == '"')
                return i == quoted.Length - 1 ? text.ToString() : null;
            if (quoted[i] == '\\' && ++i == quoted.Length)
                return null;
            text.Append(quoted[i]);
        }

        return null;
    }

    /// <summary>At the separators that do not stand in quotes.</summary>
    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var (start, isQuoted) = (0, false);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
                isQuoted = !isQuoted;
            else if (text[i] == '\\' && isQuoted)
                i++;
            else if (text[i] == separator && !isQuoted)
            {
                parts.Add(text[start..i].Trim(' ', '\t'));
                start = i + 1;
            }
        }

        parts.Add(text[start..].Trim(' ', '\t'));
        return parts;
    }
}
