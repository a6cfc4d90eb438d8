using System.Globalization;
using System.Text;
using Grpc.Core;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Grpc.Protos;
using PubSub.Tests.Wire.Grpc.Servers;
using static PubSub.Tests.Wire.Grpc.Cases.InteropClient;

namespace PubSub.Tests.Wire.Grpc.Cases;

/// <summary>What the public interop list leaves out: what must reach the other side, sizes, compression, many streams.</summary>
public abstract class WireCases(InteropServer server) : IDisposable
{
    private const int Megabyte = 1024 * 1024;
    private static readonly byte[] AllBytes = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

    private readonly InteropClient _client = new(server.Address);

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_deadline_reaches_the_server()
    {
        var sight = await _client.Probe.LookAsync(new LookRequest(), Options());

        // A timeout may be rounded up to what its header can say.
        Assert.InRange(sight.TimeLeftMs, 1, (long)(Wait.Patience.TotalMilliseconds * 1.01));
    }

    [Fact]
    public async Task A_call_without_deadline_has_none_on_the_server() =>
        Assert.False((await _client.Probe.LookAsync(new LookRequest())).HasTimeLeftMs);

    [Fact]
    public async Task A_passed_deadline_ends_the_call_on_both_sides()
    {
        var request = new HangRequest { Key = Guid.NewGuid().ToString() };
        var soon = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(500);
        using var call = _client.Probe.Hang(request, deadline: soon);
        Assert.True(await call.ResponseStream.MoveNext());

        await FailsAsync(StatusCode.DeadlineExceeded, call.ResponseStream.MoveNext());
        await _client.Probe.AwaitEndAsync(request, Options());
    }

    [Fact]
    public async Task A_cancel_ends_the_call_on_both_sides()
    {
        var request = new HangRequest { Key = Guid.NewGuid().ToString() };
        using var cancel = new CancellationTokenSource();
        using var call = _client.Probe.Hang(request, Options().WithCancellationToken(cancel.Token));
        Assert.True(await call.ResponseStream.MoveNext());
        await cancel.CancelAsync();

        await FailsAsync(StatusCode.Cancelled, call.ResponseStream.MoveNext());
        await _client.Probe.AwaitEndAsync(request, Options());
    }

    [Fact]
    public async Task A_disposed_call_ends_on_the_server()
    {
        var request = new HangRequest { Key = Guid.NewGuid().ToString() };
        using (var call = _client.Probe.Hang(request, Options()))
            Assert.True(await call.ResponseStream.MoveNext());

        await _client.Probe.AwaitEndAsync(request, Options());
    }

    [Fact]
    public async Task Metadata_arrives_as_text_and_as_bytes()
    {
        var sent = new Metadata
        {
            { "x-text", "plain, with a comma" }, { "x-twice", "1" }, { "x-twice", "2" }, { "x-raw-bin", AllBytes }, { "x-empty-bin", [] },
        };

        var sight = await _client.Probe.LookAsync(new LookRequest(), Options(sent));

        byte[][] Seen(string name) => [.. sight.Headers.Where(header => header.Name == name).Select(header => header.Value.ToByteArray())];
        Assert.Equal("plain, with a comma", Encoding.UTF8.GetString(Assert.Single(Seen("x-text"))));
        // Repeated text headers may be joined on the way, but have to stay in order.
        Assert.Equal("1,2", string.Join(',', Seen("x-twice").Select(Encoding.UTF8.GetString)).Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(AllBytes, Assert.Single(Seen("x-raw-bin")));
        Assert.Empty(Assert.Single(Seen("x-empty-bin")));
    }

    [Fact]
    public async Task Binary_trailers_arrive_beside_text_headers()
    {
        var sent = new Metadata { { InteropService.EchoInitial, "text" }, { InteropService.EchoTrailing, AllBytes } };

        using var call = _client.Test.UnaryCallAsync(Simple(1, 1), Options(sent));
        await call;

        Assert.Equal("text", (await call.ResponseHeadersAsync).GetValue(InteropService.EchoInitial));
        Assert.Equal(AllBytes, call.GetTrailers().GetValueBytes(InteropService.EchoTrailing));
    }

    [Fact]
    public async Task Trailers_accompany_an_error()
    {
        var sent = new Metadata { { InteropService.EchoTrailing, AllBytes } };
        var request = new SimpleRequest { ResponseStatus = new EchoStatus { Code = (int)StatusCode.DataLoss, Message = "100 % lost" } };

        var error = await FailsAsync(StatusCode.DataLoss, _client.Test.UnaryCallAsync(request, Options(sent)).ResponseAsync);

        Assert.Equal("100 % lost", error.Status.Detail);
        Assert.Equal(AllBytes, error.Trailers.GetValueBytes(InteropService.EchoTrailing));
    }

    public static TheoryData<int> StatusCodes => [.. Enumerable.Range(1, 16)];

    [Theory]
    [MemberData(nameof(StatusCodes))]
    public async Task Every_status_code_arrives_as_itself(int code)
    {
        var message = ((StatusCode)code).ToString();
        var request = new SimpleRequest { ResponseStatus = new EchoStatus { Code = code, Message = message } };

        var error = await FailsAsync((StatusCode)code, _client.Test.UnaryCallAsync(request, Options()).ResponseAsync);

        Assert.Equal(message, error.Status.Detail);
    }

    [Fact]
    public Task Ten_megabytes_each_way() => _client.ExchangeAsync(10 * Megabyte, 10 * Megabyte);

    [Fact]
    public async Task A_message_over_the_servers_limit_is_refused_by_the_server()
    {
        var call = _client.Test.UnaryCallAsync(Simple(GrpcHost.MaxMessageSize + Megabyte, 1), Options());

        await FailsAsync(StatusCode.ResourceExhausted, call.ResponseAsync);
        await _client.ExchangeAsync(1, 1);
    }

    [Fact]
    public async Task A_message_over_the_clients_limits_is_refused_by_the_client()
    {
        using var client = new InteropClient(server.Address, options =>
        {
            options.MaxReceiveMessageSize = Megabyte;
            options.MaxSendMessageSize = Megabyte;
        });

        await FailsAsync(StatusCode.ResourceExhausted, client.Test.UnaryCallAsync(Simple(1, Megabyte), Options()).ResponseAsync);
        await FailsAsync(StatusCode.ResourceExhausted, client.Test.UnaryCallAsync(Simple(Megabyte, 1), Options()).ResponseAsync);
        await client.ExchangeAsync(1000, 1000);
    }

    [Fact]
    public async Task Gzip_is_used_both_ways()
    {
        var gzip = new CountingGzip();
        using var client = new InteropClient(server.Address, options => options.CompressionProviders = [gzip]);
        var request = Simple(100_000, 200_000);
        request.ResponseCompressed = new BoolValue { Value = true };

        var reply = await client.Test.UnaryCallAsync(request, Options(new Metadata { { InteropService.CompressWith, "gzip" } }));

        Assert.Equal(200_000, reply.Payload.Body.Length);
        Assert.Equal(1, gzip.Compressed);
        Assert.Equal(server.CompressesAnswers ? 1 : 0, gzip.Decompressed);
    }

    [Fact]
    public async Task A_hundred_streams_run_at_once()
    {
        var calls = Enumerable.Range(0, 100).Select(_ => _client.Test.FullDuplexCall(Options())).ToArray();

        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(calls.Select((call, number) => call.RequestStream.WriteAsync(Ask(0, number + round))));
            await Task.WhenAll(calls.Select(async (call, number) =>
            {
                Assert.True(await call.ResponseStream.MoveNext());
                Assert.Equal(number + round, call.ResponseStream.Current.Payload.Body.Length);
            }));
        }

        await Task.WhenAll(calls.Select(async call =>
        {
            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext());
            call.Dispose();
        }));
    }

    [Fact]
    public async Task Calls_work_over_tls()
    {
        using var client = new InteropClient(server.TlsAddress);

        await client.ExchangeAsync(271828, 314159);
        using var call = client.Test.FullDuplexCall(Options());
        for (var size = 1; size <= 1000; size *= 10)
        {
            await call.RequestStream.WriteAsync(Ask(size, size));
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(size, call.ResponseStream.Current.Payload.Body.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task The_client_names_itself()
    {
        var sight = await _client.Probe.LookAsync(new LookRequest(), Options());

        var agent = sight.Headers.Single(header => header.Name == "user-agent").Value.ToStringUtf8();
        Assert.StartsWith("grpc-dotnet/", agent, StringComparison.Ordinal);
        Assert.Contains(Environment.Version.Major.ToString(CultureInfo.InvariantCulture), agent, StringComparison.Ordinal);
    }
}
