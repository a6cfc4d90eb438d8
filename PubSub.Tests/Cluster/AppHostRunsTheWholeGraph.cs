using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Cluster;

/// <summary>The AppHost's graph, with the testing builder: what a person gets from the one command, on other ports.</summary>
[Collection(AppHostGraph.Name)]
public sealed class AppHostRunsTheWholeGraph(AppHostFixture graph)
{
    [Fact]
    public async Task A_push_over_HTTP_reaches_a_client_of_a_node()
    {
        using var socket = await ConnectAsync("connect-node-2", "graph-reader", "graph-room");
        using var pushManager = graph.App.CreateHttpClient("push-manager");

        using var answer = await pushManager.PostAsJsonAsync(
            "/push/room/graph-room", new { content = new { type = "TEXT", data = "through the graph" } });

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await ReceiveAsync(socket, "through the graph");
    }

    [Fact]
    public async Task The_business_door_finds_the_push_manager()
    {
        using var socket = await ConnectAsync("connect-node-1", "biz-reader", "biz-room");
        using var bizServer = graph.App.CreateHttpClient("biz-server");

        using var answer = await bizServer.PostAsJsonAsync("/logic/send", new
        {
            roomId = "biz-room",
            userId = "alice",
            userName = "Alice",
            messages = new[] { new { content = "from the business" } },
        });

        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        await ReceiveAsync(socket, "from the business");
    }

    [Fact]
    public async Task A_node_is_stopped_and_started_by_commands()
    {
        const string node = "connect-node-3";
        using var http = graph.App.CreateHttpClient(node);

        var stopped = await graph.App.ResourceCommands.ExecuteCommandAsync(node, KnownResourceCommands.StopCommand);
        Assert.True(stopped.Success, stopped.ErrorMessage);
        Assert.Equal(KnownResourceStates.Exited, graph.StateOf(node).State?.Text);
        Assert.Equal(0, graph.StateOf(node).ExitCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri("/health", UriKind.Relative)));

        var again = await graph.App.ResourceCommands.ExecuteCommandAsync(node, KnownResourceCommands.StopCommand);
        Assert.False(again.Success);

        var started = await graph.App.ResourceCommands.ExecuteCommandAsync(node, KnownResourceCommands.StartCommand);
        Assert.True(started.Success, started.ErrorMessage);
        await graph.App.ResourceNotifications.WaitForResourceHealthyAsync(node).WaitAsync(AppHostFixture.Patience);
        using var health = await http.GetAsync(new Uri("/health", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task Every_resource_has_ports_and_a_Redis_that_keeps_what_it_accepted()
    {
        var connection = await graph.App.GetConnectionStringAsync("redis");
        using var redis = await RespConnection.OpenAsync(
            int.Parse(connection!.Split(':')[1], CultureInfo.InvariantCulture));

        Assert.Equal("yes", await ConfigAsync(redis, "appendonly"));
        Assert.Equal("always", await ConfigAsync(redis, "appendfsync"));
        Assert.NotEqual(
            graph.App.GetEndpoint("connect-node-1", "grpc").Port, graph.App.GetEndpoint("connect-node-2", "grpc").Port);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync("localhost", graph.App.GetEndpoint("connect-node-1", "grpc").Port);
    }

    private static async Task<string?> ConfigAsync(RespConnection redis, string name) =>
        (await redis.CommandAsync("CONFIG", "GET", name) as object?[])?[1]?.ToString();

    private static async Task ReceiveAsync(RawWebSocket socket, string text)
    {
        var message = await Wait.ForAsync(socket.ReadAsync("serverMessages"), $"'{text}' to arrive");
        Assert.Contains(text, message.GetRawText(), StringComparison.Ordinal);
    }

    private async Task<RawWebSocket> ConnectAsync(string node, string user, string room)
    {
        var socket = await RawWebSocket.OpenAsync(
            graph.App.GetEndpoint(node).Port, $"user_id={user}&user_name={user}&room_id={room}");
        await Wait.ForAsync(socket.ReadAsync("joined"), $"{user} to be in {room}");
        return socket;
    }
}
