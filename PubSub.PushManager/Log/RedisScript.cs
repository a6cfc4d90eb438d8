using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>A Lua script of this assembly. The client library sends its hash alone once the server knows it.</summary>
internal sealed class RedisScript
{
    private readonly string _text;

    /// <param name="parts">Files of Log/Scripts, joined in this order.</param>
    public RedisScript(params string[] parts)
    {
        _text = string.Join('\n', parts.Select(Load));
    }

    public async Task<RedisResult[]> EvaluateAsync(IDatabase database, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return (RedisResult[])(await database.ScriptEvaluateAsync(_text, keys, values))!;
        }
        catch (RedisServerException forgotten) when (forgotten.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // The server restarted or flushed its scripts. Nothing ran, so once more is safe; it sends the text again.
            return (RedisResult[])(await database.ScriptEvaluateAsync(_text, keys, values))!;
        }
    }

    private static string Load(string name)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The script {name} is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
