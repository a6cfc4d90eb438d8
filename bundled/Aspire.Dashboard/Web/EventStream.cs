using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Aspire.Dashboard.Web;

/// <summary>Server-sent events to one page.</summary>
internal sealed class EventStream
{
    private readonly HttpResponse _response;
    private readonly CancellationToken _ended;

    private EventStream(HttpResponse response, CancellationToken ended)
    {
        _response = response;
        _ended = ended;
    }

    /// <summary>Runs until the page goes, or the server stops: neither is an error.</summary>
    public static async Task RunAsync(HttpContext context, CancellationToken stopping, Func<EventStream, CancellationToken, Task> run)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            await context.Response.Body.FlushAsync(ended.Token);
            await run(new EventStream(context.Response, ended.Token), ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // As it should end.
        }
    }

    public async Task SendAsync<T>(T data)
    {
        await _response.WriteAsync("data: ", _ended);
        await _response.WriteAsync(JsonSerializer.Serialize(data, Json.Options), _ended);
        await _response.WriteAsync("\n\n", _ended);
        await _response.Body.FlushAsync(_ended);
    }

    /// <summary>Nothing new, but the connection lives; a dead one is noticed by it.</summary>
    public async Task KeepAliveAsync()
    {
        await _response.WriteAsync(": \n\n", _ended);
        await _response.Body.FlushAsync(_ended);
    }
}
