using System.Globalization;
using System.Net.Sockets;
using PubSub.LocalTools;

namespace PubSub.Tests.Infrastructure;

/// <summary>A real redis-server on a free port of this machine.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly BackingProcess _process;
    private readonly RedisProcessOptions _options;
    private readonly int _clusterPort;

    private RedisProcess(BackingProcess process, RedisProcessOptions options)
    {
        _process = process;
        _options = options;
        Port = FreePort.Next();
        _clusterPort = options.Cluster ? FreePort.Next() : 0;
    }

    public int Port { get; }

    /// <summary>host:port, as connection strings want it.</summary>
    public string Endpoint => $"127.0.0.1:{Port}";

    public int ProcessId => _process.Id;

    /// <summary>The last lines that Redis logged.</summary>
    public string Output => _process.Output;

    internal int ClusterPort => _clusterPort;

    public static async Task<RedisProcess> StartAsync(RedisProcessOptions? options = null)
    {
        var tool = await LocalTool.Redis.LocateAsync();
        var redis = new RedisProcess(new BackingProcess(tool, "redis"), options ?? new RedisProcessOptions());
        try
        {
            await redis.StartProcessAsync();
            return redis;
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc cref="BackingProcess.Kill"/>
    public void Kill() => _process.Kill();

    /// <inheritdoc cref="BackingProcess.Pause"/>
    public void Pause() => _process.Pause();

    /// <inheritdoc cref="BackingProcess.Resume"/>
    public void Resume() => _process.Resume();

    /// <summary>Starts it again on the same port and data; kills it first if it still runs.</summary>
    public Task RestartAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        return StartProcessAsync();
    }

    /// <summary>A command on a connection of its own, past the client under test.</summary>
    public async Task<object?> CommandAsync(params string[] words)
    {
        using var connection = await RespConnection.OpenAsync(Port, _options.Password);
        return await connection.CommandAsync(words);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private Task StartProcessAsync() => _process.StartAsync(Arguments(), IsReadyAsync);

    private List<string> Arguments()
    {
        List<string> arguments =
        [
            "--port", Text(Port), "--bind", "127.0.0.1", "--dir", _process.DataFolder, "--daemonize", "no", "--save", "",
            "--appendonly", _options.AppendOnly ? "yes" : "no", "--appendfsync", "always",
        ];
        if (_options.Password is { } password)
            arguments.AddRange(["--requirepass", password]);
        if (_options.Cluster)
            arguments.AddRange(["--cluster-enabled", "yes", "--cluster-port", Text(_clusterPort), "--cluster-node-timeout", "2000"]);
        arguments.AddRange(_options.MoreArguments);
        return arguments;
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            return await CommandAsync("PING") is "PONG";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false; // Not listening yet.
        }
        catch (RespErrorException e) when (e.Message.StartsWith("LOADING", StringComparison.Ordinal))
        {
            return false; // Reading its data.
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
