using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using PubSub.LocalTools;
using PubSub.Tests.Infrastructure;
using PubSub.Tests.Wire.Grpc.Protos;
using PubSub.Tests.Wire.Grpc.Servers;

namespace PubSub.Tests.Wire.Grpc.Peers;

/// <summary>
/// A process with another gRPC library: serves the interop services, and runs a case as a client when it is told to.
/// Both sides talk in lines of JSON over its standard input and output; it ends when its input ends.
/// </summary>
public abstract class InteropPeer : InteropServer
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly ConcurrentDictionary<int, TaskCompletionSource<Answer>> _running = new();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly Lock _oneWriter = new();
    private Process? _process;
    private Task _reading = Task.CompletedTask;
    private Ports? _ports;
    private int _lastId;

    internal override Uri Address => new($"http://localhost:{_ports!.Port}");

    internal override Uri TlsAddress => new($"https://localhost:{_ports!.TlsPort}");

    private protected static string SourceFolder => Path.Combine(Repository.Root, "PubSub.Tests", "Wire", "Grpc", "Peers");

    public override async Task InitializeAsync()
    {
        var start = await DescribeAsync();
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = ChildProcess.Start(start);
        _process.ErrorDataReceived += (_, line) => _complaints.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();

        Say(new Hello(
            Convert.ToBase64String(Descriptors()), TestCertificate.CertificatePem, TestCertificate.KeyPem, GrpcHost.MaxMessageSize));
        var answer = await Wait.ForAsync(_process.StandardOutput.ReadLineAsync(), $"{GetType().Name} to start")
            ?? throw new InvalidOperationException($"{start.FileName} ended at once. It printed:\n{Complaints}");
        _ports = JsonSerializer.Deserialize<Ports>(answer, Json);
        _reading = ReadAnswersAsync(_process.StandardOutput);
    }

    public override async Task DisposeAsync()
    {
        if (_process is null)
            return;

        _process.StandardInput.Close();
        await Wait.ForAsync(_process.WaitForExitAsync(), $"{GetType().Name} to end with its input");
        await _reading;
        _process.Dispose();
    }

    /// <summary>Lets the peer run a case against a server of ours; what it found wrong fails the test.</summary>
    internal async Task RunAsync(string name, Uri server)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = _running[id] = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Say(new Command(id, name, server.Authority, server.Scheme == Uri.UriSchemeHttps));
        var outcome = await Wait.ForAsync(answer.Task, $"{GetType().Name} to run {name}", TimeSpan.FromSeconds(40));
        Assert.True(outcome.Error is null, $"{GetType().Name}, {name}: {outcome.Error}\n{Complaints}");
    }

    private protected abstract Task<ProcessStartInfo> DescribeAsync();

    private string Complaints => string.Join('\n', _complaints);

    private void Say<T>(T line)
    {
        lock (_oneWriter)
        {
            _process!.StandardInput.WriteLine(JsonSerializer.Serialize(line, Json));
            _process.StandardInput.Flush();
        }
    }

    private async Task ReadAnswersAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            var answer = JsonSerializer.Deserialize<Answer>(line, Json)!;
            if (_running.TryRemove(answer.Id, out var waiting))
                waiting.SetResult(answer);
        }

        foreach (var (id, waiting) in _running)
            waiting.TrySetResult(new Answer(id, "The process ended."));
    }

    private static byte[] Descriptors() => new FileDescriptorSet
    {
        File =
        {
            FileDescriptorProto.Parser.ParseFrom(InteropReflection.Descriptor.SerializedData),
            FileDescriptorProto.Parser.ParseFrom(ProbeReflection.Descriptor.SerializedData),
        },
    }.ToByteArray();

    private sealed record Hello(string Descriptors, string Certificate, string Key, int MaxMessage);

    private sealed record Ports(int Port, int TlsPort);

    private sealed record Command(int Id, string Case, string Target, bool Tls);

    private sealed record Answer(int Id, string? Error);
}
