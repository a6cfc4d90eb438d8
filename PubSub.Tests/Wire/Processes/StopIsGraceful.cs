using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.HelloService;

namespace PubSub.Tests.Wire.Processes;

public sealed class StopIsGraceful
{
    [Theory]
    [InlineData(HelloProcess.SigTerm)]
    [InlineData(HelloProcess.SigInt)]
    public async Task What_is_in_flight_finishes_and_the_exit_code_is_0(int signal)
    {
        await using var hello = await HelloProcess.StartAsync();
        using var channel = GrpcChannel.ForAddress(hello.GrpcAddress);
        using var call = new Hello.HelloClient(channel).Chat();
        await SayAsync(call, "Ada");

        hello.Signal(signal);
        await hello.WaitForOutputAsync("stopping");
        await WaitForClosedDoorAsync(hello.HttpAddress);

        await SayAsync(call, "Grace");
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal(0, await hello.WaitForExitAsync());
        Assert.Empty(hello.Errors);
    }

    [Fact]
    public async Task Health_says_no_while_the_doors_stay_open_for_the_delay()
    {
        await using var hello = await HelloProcess.StartAsync("--STOP_DELAY_SECONDS=2", "--STOP_TIMEOUT_SECONDS=10");
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(hello.HttpAddress, "/health"))).StatusCode);

        hello.Signal(HelloProcess.SigTerm);
        await hello.WaitForOutputAsync("doors stay open");

        var health = await http.GetAsync(new Uri(hello.HttpAddress, "/health"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Contains("the process is stopping", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(hello.HttpAddress, "/alive"))).StatusCode);
        Assert.Equal("room 7", await http.GetStringAsync(new Uri(hello.HttpAddress, "/rooms/7")));
        Assert.Equal(0, await hello.WaitForExitAsync());
    }

    [Fact]
    public async Task What_takes_longer_than_allowed_is_cut_off()
    {
        await using var hello = await HelloProcess.StartAsync("--STOP_TIMEOUT_SECONDS=1");
        using var channel = GrpcChannel.ForAddress(hello.GrpcAddress);
        using var call = new Hello.HelloClient(channel).Chat();
        await SayAsync(call, "Ada");

        hello.Signal(HelloProcess.SigTerm);

        Assert.Equal(0, await hello.WaitForExitAsync());
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Part_of_the_host_that_never_stops_does_not_keep_the_process()
    {
        await using var hello = await HelloProcess.StartAsync("--HELLO_HANGS=true", "--STOP_TIMEOUT_SECONDS=1");

        hello.Signal(HelloProcess.SigTerm);

        Assert.Equal(0, await hello.WaitForExitAsync());
        Assert.Contains(hello.Output, line => line.Contains("error GracefulStop still not down", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Second_interrupt_ends_the_process_at_once()
    {
        await using var hello = await HelloProcess.StartAsync("--STOP_TIMEOUT_SECONDS=3600");
        using var channel = GrpcChannel.ForAddress(hello.GrpcAddress);
        using var call = new Hello.HelloClient(channel).Chat();
        await SayAsync(call, "Ada");
        hello.Signal(HelloProcess.SigInt);
        await hello.WaitForOutputAsync("stopping");

        hello.Signal(HelloProcess.SigInt);

        Assert.Equal(130, await hello.WaitForExitAsync());
    }

    private static async Task SayAsync(AsyncDuplexStreamingCall<Greeting, Greeting> call, string name)
    {
        await call.RequestStream.WriteAsync(new Greeting { Text = name });
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal($"hello {name}", call.ResponseStream.Current.Text);
    }

    private static Task WaitForClosedDoorAsync(Uri door) => Wait.UntilAsync(
        async () =>
        {
            using var http = new HttpClient();
            try
            {
                using var answer = await http.GetAsync(new Uri(door, "/rooms/1"));
                return false;
            }
            catch (HttpRequestException)
            {
                return true;
            }
        },
        "the door to close");
}
