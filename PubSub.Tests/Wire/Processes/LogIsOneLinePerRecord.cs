using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Net.Client;
using PubSub.Tests.Wire.HelloService;
using PubSub.Tests.Wire.Telemetry;

namespace PubSub.Tests.Wire.Processes;

public sealed partial class LogIsOneLinePerRecord
{
    private const string Forged = "Ada\n2026-01-01T00:00:00.000Z fatal Forged \u001b[31mline";

    [Fact]
    public async Task Line_has_time_level_category_message_and_trace_and_cannot_be_forged()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var hello = await HelloProcess.StartAsync($"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.GrpcEndpoint}");

        await GreetAsync(hello);
        hello.Signal(HelloProcess.SigTerm);
        await hello.WaitForExitAsync();

        var line = hello.Output.Single(line => line.Contains("greeted by", StringComparison.Ordinal));
        var match = GreetedLine().Match(line);
        Assert.True(match.Success, line);
        Assert.Equal(Assert.Single(collector.Spans).TraceId, match.Groups["trace"].Value);
    }

    [Fact]
    public async Task Without_a_collector_there_is_no_trace_to_name()
    {
        await using var hello = await HelloProcess.StartAsync();

        await GreetAsync(hello);
        await hello.WaitForOutputAsync("greeted by");

        Assert.DoesNotContain(hello.Output, line => line.Contains("trace=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Json_is_one_object_per_line_in_utc()
    {
        await using var hello = await HelloProcess.StartAsync("--LOG_FORMAT=json");

        await GreetAsync(hello);
        await hello.WaitForOutputAsync("greeted by");

        var line = hello.Output.Single(line => line.Contains("greeted by", StringComparison.Ordinal));
        using var record = JsonDocument.Parse(line);
        Assert.Equal($"greeted by {Forged}", record.RootElement.GetProperty("Message").GetString());
        Assert.EndsWith("Z", record.RootElement.GetProperty("Timestamp").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Level_hides_what_is_below_it()
    {
        await using var hello = await HelloProcess.StartAsync("--LOG_LEVEL=Warning");
        await GreetAsync(hello);

        hello.Signal(HelloProcess.SigTerm);
        await hello.WaitForExitAsync();

        Assert.StartsWith(PortsAnnouncement.Prefix, Assert.Single(hello.Output), StringComparison.Ordinal);
    }

    [GeneratedRegex(
        @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info  HelloDoor greeted by Ada\\n2026-01-01T00:00:00\.000Z fatal Forged \\x1b\[31mline trace=(?<trace>[0-9a-f]{32})$")]
    private static partial Regex GreetedLine();

    private static async Task GreetAsync(HelloProcess hello)
    {
        using var channel = GrpcChannel.ForAddress(hello.GrpcAddress);
        await new Hello.HelloClient(channel).GreetAsync(new Greeting { Text = Forged });
    }
}
