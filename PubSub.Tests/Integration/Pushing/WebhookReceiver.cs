using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

internal sealed record WebhookCall(string Key, string Body, bool IsSigned);

/// <summary>What a business backend would run: it checks each signature as the notifier's documentation says.</summary>
internal sealed class WebhookReceiver(WebApplication server, int port) : IAsyncDisposable
{
    public const string Secret = "a secret of the test";

    private readonly ConcurrentQueue<WebhookCall> _calls = new();
    private int _arrived;

    public string Url => $"http://127.0.0.1:{port}/offline";

    public IReadOnlyList<WebhookCall> Calls => [.. _calls];

    public int Arrived => Volatile.Read(ref _arrived);

    public static async Task<WebhookReceiver> StartAsync(Func<string, int> answer, Task? hang = null)
    {
        var port = FreePort.Next();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var receiver = new WebhookReceiver(builder.Build(), port);
        await receiver.RunAsync(answer, hang ?? Task.CompletedTask);
        return receiver;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private Task RunAsync(Func<string, int> answer, Task hang)
    {
        server.Run(async http =>
        {
            Interlocked.Increment(ref _arrived);
            using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync();
            await hang;
            var key = http.Request.Headers["Idempotency-Key"].ToString();
            _calls.Enqueue(new WebhookCall(key, body, IsSigned(http.Request.Headers["X-PubSub-Signature"].ToString(), body)));
            http.Response.StatusCode = answer(key);
        });
        return server.StartAsync();
    }

    private static bool IsSigned(string signature, string body)
    {
        var parts = signature.Split(',');
        var stamp = parts[0]["t=".Length..];
        var age = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(stamp, CultureInfo.InvariantCulture);
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{stamp}.{body}"));
        return Math.Abs(age) < 60 && parts[1] == "v1=" + Convert.ToHexStringLower(mac);
    }
}
