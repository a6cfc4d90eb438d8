using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Mobile;

/// <summary>An HTTP/2 server that plays a push service. Whatever a request has that the service forbids, it notes.</summary>
internal abstract class FakePushService : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentDictionary<string, bool> _connections = new();
    private WebApplication? _server;

    public int Port { get; } = FreePort.Next();

    public string Url { get; private set; } = "";

    /// <summary>What a real service would complain of, except where a test scripts the answer.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    public int Connections => _connections.Count;

    /// <summary>Requests wait for it before they are answered.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    protected async Task StartAsync(X509Certificate2? certificate)
    {
        Url = $"{(certificate is null ? "http" : "https")}://127.0.0.1:{Port}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (certificate is not null)
                listen.UseHttps(certificate);
        }));
        _server = builder.Build();
        _server.Run(async http =>
        {
            _connections.TryAdd(http.Connection.Id, true);
            if (http.Request.Protocol != "HTTP/2")
                Complain($"{http.Request.Protocol} instead of HTTP/2");
            if (http.Request.Headers.ContainsKey("traceparent"))
                Complain("our trace ids went to a stranger");
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            await AnswerAsync(http, body.ToArray());
        });
        await _server.StartAsync();
    }

    protected abstract Task AnswerAsync(HttpContext http, byte[] body);

    protected void Complain(string fault) => _faults.Enqueue(fault);

    protected static Task WriteAsync(HttpContext http, int status, string body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body);
    }

    /// <summary>The parts of a JWT; the signature is over the first two as they came.</summary>
    protected static (JsonElement Header, JsonElement Claims, byte[] Signed, byte[] Signature) ReadToken(string token)
    {
        var parts = token.Split('.');
        Assert.Equal(3, parts.Length);
        return (Part(parts[0]), Part(parts[1]), Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]));
    }

    private static JsonElement Part(string text) => JsonDocument.Parse(Base64Url.DecodeFromChars(text)).RootElement;
}
