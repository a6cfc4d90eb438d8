using System.Globalization;
using System.Text;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Pushing;

/// <summary>BizServer as a process, with POST /logic/send on the push log.</summary>
internal sealed class BusinessServer(ServiceProcess process, int port) : IAsyncDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

    public static async Task<BusinessServer> StartAsync(string redis, int? port = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        var chosen = port ?? FreePort.Next();
        var environment = new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
        {
            ["HTTP_PORT"] = chosen.ToString(CultureInfo.InvariantCulture),
            ["REDIS_CONNECTION"] = redis,
            ["ETCD_ENDPOINTS"] = $"http://127.0.0.1:{FreePort.Next()}",
        };
        return new BusinessServer(await ServiceProcess.StartAsync("PubSub.BizServer", "biz-server", environment), chosen);
    }

    public Task<HttpResponseMessage> SendAsync(string json) =>
        _http.PostAsync("/logic/send", new StringContent(json, Encoding.UTF8, "application/json"));

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return process.DisposeAsync();
    }
}
