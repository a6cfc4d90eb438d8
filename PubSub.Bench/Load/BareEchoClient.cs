using System.Globalization;
using System.Net;

namespace PubSub.Bench.Load;

/// <summary>The baseline: HttpClient posts a small body over HTTP/2 and reads it back.</summary>
internal sealed class BareEchoClient(Uri server, int size) : IDisposable
{
    private readonly byte[] _body = new byte[size];
    private readonly Uri _echo = new(server, EchoServer.BarePath);
    private readonly Uri _allocated = new(server, EchoServer.AllocatedPath);
    private readonly HttpClient _http = new(EchoTransport.New())
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public async Task EchoAsync()
    {
        using var content = new ByteArrayContent(_body);
        using var response = await _http.PostAsync(_echo, content);
        var echoed = await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
        if (echoed.Length != _body.Length)
            throw new InvalidDataException($"The echo has {echoed.Length} bytes instead of {_body.Length}.");
    }

    public async Task<long> ServerAllocatedAsync() =>
        long.Parse(await _http.GetStringAsync(_allocated), CultureInfo.InvariantCulture);

    public void Dispose() => _http.Dispose();
}

/// <summary>The same transport for both sides of a comparison.</summary>
internal static class EchoTransport
{
    public static SocketsHttpHandler New() => new() { UseProxy = false, EnableMultipleHttp2Connections = false };
}
