using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PubSub.ConnectNode.Upstream;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ConnectNode;

/// <summary>LOGIC_FORWARD: the business side gets what clients publish, and whatever it does no client notices.</summary>
public sealed class LogicGetsACopy : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _bodies = new();
    private readonly TaskCompletionSource _hang = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, long> _counted = new();
    private readonly MeterListener _listener = new();
    private WebApplication _logic = null!;
    private volatile bool _isHung;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _logic = builder.Build();
        _logic.MapPost("/logic/send", async (HttpContext http) =>
        {
            using var reader = new StreamReader(http.Request.Body);
            _bodies.Enqueue(await reader.ReadToEndAsync());
            if (_isHung)
                await _hang.Task;
            return Results.StatusCode(StatusCodes.Status202Accepted);
        });
        await _logic.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _hang.TrySetResult();
        _listener.Dispose();
        await _logic.DisposeAsync();
    }

    [Fact]
    public async Task It_gets_the_text_with_its_sender_and_its_id()
    {
        await using var node = await StartNodeAsync(new LogicForwardOptions { On = true });
        using var client = await JoinAsync(node);

        await PublishAsync(client, 1);
        await Wait.UntilAsync(() => Counted("OK") == 1, "the copy to be taken");

        var body = JsonDocument.Parse(Assert.Single(_bodies)).RootElement;
        Assert.Equal(("room-001", "u1"), (body.GetProperty("roomId").GetString(), body.GetProperty("userId").GetString()));
        var message = Assert.Single(body.GetProperty("messages").EnumerateArray());
        Assert.Equal(("text 1", "id-1"), (message.GetProperty("content").GetString(), message.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task It_gets_all_that_a_message_holds()
    {
        await using var node = await StartNodeAsync(new LogicForwardOptions { On = true });
        using var client = await JoinAsync(node);

        await client.SendTextAsync("""{"type":"clientMessages","id":"1","payload":{"roomId":"room-001","binary":"AQID","type":"AUDIO","key":"cue","metadata":{"lang":"en"},"id":"id-1"} }""");
        await client.ReadAsync("published");
        await Wait.UntilAsync(() => Counted("OK") == 1, "the copy to be taken");

        using var body = JsonDocument.Parse(Assert.Single(_bodies));
        Assert.Equal(
            """[{"binary":"AQID","type":"AUDIO","metadata":{"lang":"en"},"key":"cue","id":"id-1","published":{"epoch":1700000000000000,"offset":1}}]""", body.RootElement.GetProperty("messages").GetRawText());
    }

    [Fact]
    public async Task A_hung_business_side_delays_no_message_and_shows_only_in_the_counter()
    {
        _isHung = true;
        await using var node = await StartNodeAsync(new LogicForwardOptions { On = true, Queue = 8, TimeoutMs = 60_000 });
        using var client = await JoinAsync(node);

        // Each of them is answered while the first copy still waits.
        for (var i = 1; i <= 30; i++)
            await PublishAsync(client, i);

        Assert.InRange(_bodies.Count, 0, 1);
        await Wait.UntilAsync(() => Counted("ResourceExhausted") >= 25, "the copies without a place to be counted");
    }

    [Fact]
    public async Task A_business_side_that_is_down_shows_only_in_the_counter()
    {
        await using var node = await StartNodeAsync(new LogicForwardOptions { On = true, Address = new Uri($"http://127.0.0.1:{FreePort.Next()}") });
        using var client = await JoinAsync(node);

        await PublishAsync(client, 1);

        await Wait.UntilAsync(() => Counted("Unavailable") == 1, "the refused copy to be counted");
    }

    [Fact]
    public async Task It_is_off_unless_it_is_set()
    {
        await using (var node = await StartNodeAsync(new LogicForwardOptions()))
        {
            using var client = await JoinAsync(node);
            await PublishAsync(client, 1);
        }

        Assert.Empty(_bodies);
        Assert.Empty(_counted);
    }

    private async Task<NodeHost> StartNodeAsync(LogicForwardOptions options)
    {
        if (options.Address.Port == 8090)
            options.Address = new Uri(_logic.Urls.First());
        var node = await NodeHost.StartAsync(forward: options);
        var meters = node.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "grpc_calls_total" && instrument.Meter.Scope == meters)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            var labels = tags.ToArray().ToDictionary(tag => tag.Key, tag => (string)tag.Value!);
            Assert.Equal(("logic", "logic_forward"), (labels["service"], labels["name"]));
            _counted.AddOrUpdate(labels["status"], value, (_, sum) => sum + value);
        });
        _listener.Start();
        return node;
    }

    private long Counted(string status) => _counted.GetValueOrDefault(status);

    private static async Task<RawWebSocket> JoinAsync(NodeHost node)
    {
        var client = await RawWebSocket.OpenAsync(node.Port, "user_id=u1&user_name=Ann&room_id=room-001");
        await client.ReadAsync("joined");
        return client;
    }

    private static async Task PublishAsync(RawWebSocket client, int number)
    {
        await client.SendTextAsync($$$"""{"type":"clientMessages","id":"{{{number}}}","payload":{"roomId":"room-001","content":"text {{{number}}}","id":"id-{{{number}}}"}}""");
        var answer = await client.ReadAsync("published");
        Assert.Equal($"{number}", answer.GetProperty("id").GetString());
    }
}
