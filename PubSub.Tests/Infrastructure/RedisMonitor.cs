using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace PubSub.Tests.Infrastructure;

/// <summary>Sees every command that clients send to Redis. What a script does inside is no command of a client's.</summary>
internal sealed partial class RedisMonitor : IAsyncDisposable
{
    private readonly int _port;
    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly List<string> _commands = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _end = Guid.NewGuid().ToString("N");
    private Task _reading = Task.CompletedTask;
    private int _count;

    private RedisMonitor(int port) => _port = port;

    /// <summary>Commands so far.</summary>
    public int Count => Volatile.Read(ref _count);

    public static async Task<RedisMonitor> StartAsync(int port)
    {
        var monitor = new RedisMonitor(port);
        await monitor._client.ConnectAsync(IPAddress.Loopback, port);
        var stream = monitor._client.GetStream();
        await stream.WriteAsync("MONITOR\r\n"u8.ToArray());
        var reader = new StreamReader(stream, Encoding.UTF8);
        Assert.Equal("+OK", await Wait.ForAsync(reader.ReadLineAsync(), "Redis to take MONITOR"));
        monitor._reading = monitor.ReadAsync(reader);
        return monitor;
    }

    /// <summary>The commands so far: their names, of scripts with the beginning of the hash.</summary>
    public async Task<IReadOnlyList<string>> StopAsync()
    {
        using (var last = await RespConnection.OpenAsync(_port))
            await last.CommandAsync("ECHO", _end);
        await Wait.ForAsync(_ended.Task, "the end of what Redis was told");
        return _commands;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _reading;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.Contains(_end, StringComparison.Ordinal))
                {
                    _ended.SetResult();
                    return;
                }

                if (Command().Match(line) is not { Success: true } command || command.Groups["source"].Value == "lua")
                    continue;
                var name = command.Groups["name"].Value.ToUpper(CultureInfo.InvariantCulture);
                if (name is "EVALSHA" or "EVAL")
                    name += " " + string.Concat(command.Groups["first"].Value.Take(24));
                _commands.Add(name);
                Interlocked.Increment(ref _count);
            }
        }
        catch (IOException)
        {
            // The test is done with it.
        }
        finally
        {
            reader.Dispose();
        }
    }

    [GeneratedRegex("""^\+[\d.]+ \[\d+ (?<source>[^\]]*)\] "(?<name>[^"]*)"(?: "(?<first>[^"]*))?""")]
    private static partial Regex Command();
}
