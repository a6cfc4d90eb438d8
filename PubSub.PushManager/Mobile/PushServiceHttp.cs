using System.Net;
using System.Net.Http.Headers;

namespace PubSub.PushManager.Mobile;

/// <summary>The way to a push service: one HTTP/2 connection that carries many requests at a time.</summary>
internal static class PushServiceHttp
{
    private const int MaxAnswerBytes = 65_536;

    public static SocketsHttpHandler NewHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        // Requests past the limit of streams wait; Apple takes many connections for an attack.
        EnableMultipleHttp2Connections = false,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(30),
        // A connection that died without a word is noticed by the requests on it, not by the next ones.
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        KeepAlivePingDelay = TimeSpan.FromSeconds(10),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        // No span with the address, which holds the device's token; and no ids of ours in strangers' logs.
        ActivityHeadersPropagator = null,
    };

    public static HttpClient NewClient(HttpMessageHandler handler) => new(handler)
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        MaxResponseContentBufferSize = MaxAnswerBytes,
        Timeout = Timeout.InfiniteTimeSpan, // Each try has its own.
    };

    public static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);

    /// <summary>An address for secrets: https, or http to this machine.</summary>
    public static bool IsSafe(Uri? url) =>
        url is { IsAbsoluteUri: true } && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));

    /// <summary>A service's own word for an error, if it is one word: nothing else of an answer goes into logs.</summary>
    public static string Word(string? text) =>
        text is { Length: > 0 and <= 64 } && text.All(static character => char.IsAsciiLetterOrDigit(character) || character == '_') ? text : "";
}
