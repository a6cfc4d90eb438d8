using System.Diagnostics;
using PubSub.Bench.Load;

namespace PubSub.Bench.Scenarios;

/// <summary>
/// What gRPC costs over the HTTP/2 it runs on. Every round measures the bare echo and then gRPC, so that whatever else the
/// machine does meets both; ratios are taken within a round.
/// </summary>
internal static class GrpcScenario
{
    private const int LineSize = 128;
    private const int Batch = 64;
    private const int Callers = 32;
    private const double UnaryShare = 0.85;
    private const double LinesPerCore = 300_000;

    private static readonly StreamLoad[] Streams =
    [
        new("client to server, single", false, (grpc, duration) => grpc.UploadAsync(duration)),
        new("client to server, batch message", true, (grpc, duration) => grpc.UploadBatchesAsync(duration)),
        new("server to client, BufferHint", true, (grpc, duration) => grpc.DownloadAsync(duration)),
        new("server to client, batch message", true, (grpc, duration) => grpc.DownloadBatchesAsync(duration)),
    ];

    public static async Task<BenchReport> RunAsync(BenchOptions options, Action<string> log)
    {
        using var server = await ServerProcess.StartAsync(EchoServer.Command);
        using var bare = new BareEchoClient(server.Address, LineSize);
        using var grpc = new GrpcEchoClient(server.Address, LineSize, Batch);
        var duration = TimeSpan.FromSeconds(options.Seconds);
        var medians = new Medians();

        log("warming up");
        await RoundAsync(server, bare, grpc, TimeSpan.FromSeconds(1), new Medians());
        for (var round = 1; round <= options.Rounds; round++)
        {
            log($"round {round} of {options.Rounds}");
            await RoundAsync(server, bare, grpc, duration, medians);
        }

        return new BenchReport("grpc", Setup, Figures(medians)) { Preset = new Dictionary<string, string>() };
    }

    private static string Setup =>
        $"{Callers} callers, {LineSize}-byte messages, {Batch} to a batch, one connection, server in a process of its own; "
        + "per core: divided by the processor time of both processes";

    private static async Task RoundAsync(
        ServerProcess server, BareEchoClient bare, GrpcEchoClient grpc, TimeSpan duration, Medians medians)
    {
        var bareRate = await UnaryAsync("bare", server, bare, bare.EchoAsync, duration, medians);
        var grpcRate = await UnaryAsync("unary", server, bare, grpc.EchoAsync, duration, medians);
        medians.Add("unary / bare", grpcRate / bareRate);
        medians.Add("unary / bare, p50 alone", medians.Last("unary p50 alone") / medians.Last("bare p50 alone"));

        foreach (var (name, _, run) in Streams)
        {
            using var self = Process.GetCurrentProcess();
            var cpu = new CpuMeter(self, server.Process);
            var started = Stopwatch.GetTimestamp();
            var lines = await run(grpc, duration);
            var elapsed = Stopwatch.GetElapsedTime(started);
            medians.Add(name, lines / elapsed.TotalSeconds);
            medians.Add($"{name}, per core", lines / cpu.Total.TotalSeconds);
            medians.Add($"{name} / bare calls", lines / elapsed.TotalSeconds / bareRate);
        }
    }

    private static async Task<double> UnaryAsync(
        string name, ServerProcess server, BareEchoClient side, Func<Task> call, TimeSpan duration, Medians medians)
    {
        var serverBefore = await side.ServerAllocatedAsync();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        using var self = Process.GetCurrentProcess();
        var cpu = new CpuMeter(self, server.Process);
        var loop = await ClosedLoop.RunAsync(Callers, duration, call);
        var used = cpu.Total;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        var serverAllocated = await side.ServerAllocatedAsync() - serverBefore;

        medians.Add($"{name} rate", loop.CallsPerSecond);
        medians.Add($"{name} p50", loop.Latency.Percentile(0.5).TotalMicroseconds);
        medians.Add($"{name} p99", loop.Latency.Percentile(0.99).TotalMicroseconds);
        medians.Add($"{name} cpu", used.TotalMicroseconds / loop.Latency.Count);
        medians.Add($"{name} client bytes", (double)allocated / loop.Latency.Count);
        medians.Add($"{name} server bytes", (double)serverAllocated / loop.Latency.Count);

        var alone = await ClosedLoop.RunAsync(1, duration / 2, call);
        medians.Add($"{name} p50 alone", alone.Latency.Percentile(0.5).TotalMicroseconds);
        return loop.CallsPerSecond;
    }

    private static Figure[] Figures(Medians medians) =>
    [
        .. CallFigures("bare", "bare POST echo", medians),
        .. CallFigures("unary", "gRPC unary", medians),
        new("gRPC unary / bare POST echo, calls", medians.Of("unary / bare"), "", UnaryShare),
        new("gRPC unary / bare POST echo, p50 of one caller", medians.Of("unary / bare, p50 alone"), ""),
        .. Streams.SelectMany(stream => StreamFigures(stream, medians)),
    ];

    private static Figure[] CallFigures(string key, string title, Medians medians) =>
    [
        new($"{title}, calls", medians.Of($"{key} rate"), "/s"),
        new($"{title}, p50 of one caller", medians.Of($"{key} p50 alone"), "us"),
        new($"{title}, p50", medians.Of($"{key} p50"), "us"),
        new($"{title}, p99", medians.Of($"{key} p99"), "us"),
        new($"{title}, processor time", medians.Of($"{key} cpu"), "us/call"),
        new($"{title}, allocated by the client", medians.Of($"{key} client bytes"), "bytes/call"),
        new($"{title}, allocated by the server", medians.Of($"{key} server bytes"), "bytes/call"),
    ];

    private static Figure[] StreamFigures(StreamLoad stream, Medians medians) =>
    [
        new(stream.Name, medians.Of(stream.Name), "messages/s"),
        new($"{stream.Name}, per core", medians.Of($"{stream.Name}, per core"), "messages/s", stream.Batched ? LinesPerCore : null),
        new($"{stream.Name} / bare POST echo", medians.Of($"{stream.Name} / bare calls"), ""),
    ];

    private sealed record StreamLoad(string Name, bool Batched, Func<GrpcEchoClient, TimeSpan, Task<long>> RunAsync);
}
