using Grpc.Core;
using Microsoft.Extensions.Http;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>
/// What ConfigureHttpClient says and a channel can use. A channel has no HttpClient, so a throw-away one is configured
/// and read.
/// </summary>
internal sealed class HttpClientSettings
{
    private readonly (string Key, string Value)[] _headers;

    private HttpClientSettings(HttpClient client)
    {
        Address = client.BaseAddress;
        _headers =
        [
            .. client.DefaultRequestHeaders.SelectMany(
                header => header.Value.Select(value => (header.Key.ToLowerInvariant(), value))),
        ];
    }

    public Uri? Address { get; }

    public static HttpClientSettings? Read(HttpClientFactoryOptions options)
    {
        if (options.HttpClientActions.Count == 0)
        {
            return null;
        }

        using var client = new HttpClient();
        foreach (var configure in options.HttpClientActions)
        {
            configure(client);
        }

        return new HttpClientSettings(client);
    }

    /// <summary>Adds each header that the call has not set itself, as HttpClient does.</summary>
    public void AddHeaders(CallOptionsContext call)
    {
        if (_headers.Length == 0)
        {
            return;
        }

        var own = call.CallOptions.Headers ?? [];
        var all = new Metadata();
        foreach (var entry in own)
        {
            all.Add(entry);
        }

        foreach (var (key, value) in _headers.Where(header => own.Get(header.Key) is null))
        {
            all.Add(key, value);
        }

        call.CallOptions = call.CallOptions.WithHeaders(all);
    }
}
