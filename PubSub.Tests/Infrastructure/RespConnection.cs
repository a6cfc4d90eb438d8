using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PubSub.Tests.Infrastructure;

/// <summary>
/// A bare connection to Redis that says exactly what it is told: for readiness, for cluster set-up, and as the witness
/// that does not share its code with the client under test.
/// </summary>
internal sealed class RespConnection : IDisposable
{
    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    private RespConnection(TcpClient client)
    {
        _client = client;
        _stream = new BufferedStream(client.GetStream());
    }

    public static async Task<RespConnection> OpenAsync(int port, string? password = null)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
        }
        catch
        {
            client.Dispose();
            throw;
        }

        var connection = new RespConnection(client);
        if (password is not null)
            await connection.CommandAsync("AUTH", password);
        return connection;
    }

    /// <returns>A string, a number, null, or an array of these.</returns>
    /// <exception cref="RespErrorException">Redis answered with an error.</exception>
    public async Task<object?> CommandAsync(params string[] words)
    {
        var request = new StringBuilder($"*{words.Length}\r\n");
        foreach (var word in words)
            request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()));
        await _stream.FlushAsync();
        return await ReadReplyAsync();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }

    private async Task<object?> ReadReplyAsync()
    {
        var line = await ReadLineAsync();
        var rest = line[1..];
        return line[0] switch
        {
            '+' => rest,
            ':' => long.Parse(rest, CultureInfo.InvariantCulture),
            '-' => throw new RespErrorException(rest),
            '$' => await ReadBulkAsync(int.Parse(rest, CultureInfo.InvariantCulture)),
            '*' => await ReadArrayAsync(int.Parse(rest, CultureInfo.InvariantCulture)),
            _ => throw new InvalidDataException($"Redis sent '{line}'."),
        };
    }

    private async Task<string?> ReadBulkAsync(int length)
    {
        if (length < 0)
            return null;
        var bytes = new byte[length + 2];
        await _stream.ReadExactlyAsync(bytes);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private async Task<object?[]?> ReadArrayAsync(int count)
    {
        if (count < 0)
            return null;
        var items = new object?[count];
        for (var i = 0; i < count; i++)
            items[i] = await ReadReplyAsync();
        return items;
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            await _stream.ReadExactlyAsync(one);
            if (one[0] == '\n' && line.Length > 1)
                return line.ToString(0, line.Length - 1);
            line.Append((char)one[0]);
        }
    }
}
