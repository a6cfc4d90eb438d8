using System.Globalization;
using StackExchange.Redis;

namespace PubSub.PushManager.Log;

/// <summary>
/// Whole numbers in answers of our scripts. They come as text: what Lua hands over as a number has 53 bits.
/// </summary>
internal static class RedisNumber
{
    public static long Parse(RedisResult value) => Parse((string)value!);

    public static long Parse(ReadOnlySpan<char> text) => long.Parse(text, CultureInfo.InvariantCulture);
}
