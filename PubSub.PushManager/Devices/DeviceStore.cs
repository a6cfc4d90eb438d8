using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using PubSub.Protocol;
using PubSub.PushManager.Log;
using StackExchange.Redis;

namespace PubSub.PushManager.Devices;

/// <summary>
/// The devices of each user with their tokens, in Redis. A phone that changes hands keeps its token, and the one who had
/// it before must not go on reading the other's messages, nor the other way round: so a token has one owner, under a
/// key of its own (by its hash), and is taken from the former one before it is given to the next. A push manager that
/// dies between these steps leaves the token with nobody, and the app, which got no answer, registers again.
/// </summary>
internal sealed class DeviceStore(ChannelLog log, IOptions<DeviceOptions> options)
{
    private static readonly RedisScript RegisterScript = new("device_register.lua");
    private static readonly RedisScript ListScript = new("device_list.lua");
    private static readonly RedisScript RemoveScript = new("device_remove.lua");
    private static readonly RedisScript OwnerScript = new("device_owner.lua");

    private readonly DeviceOptions _options = options.Value;

    /// <returns>When the registration ends, in Unix milliseconds.</returns>
    public async Task<long> RegisterAsync(string userId, string deviceId, PushPlatform platform, string token)
    {
        var owner = await OwnerAsync("get", platform, token, userId);
        if (owner.Length > 0 && owner != userId)
            await RemoveAsync(owner, "", platform, token, null);
        await OwnerAsync("set", platform, token, userId);
        var answer = await log.EvaluateAsync(
            RegisterScript, [LogKeys.Devices(userId)], [deviceId, Text(platform), token, _options.TokenSeconds, _options.PerUser]);
        return EndOf(RedisNumber.Parse(answer[0]));
    }

    /// <summary>The newest registration first.</summary>
    public async Task<IReadOnlyList<Device>> ListAsync(string userId)
    {
        var answer = await log.EvaluateAsync(ListScript, [LogKeys.Devices(userId)], [_options.TokenSeconds]);
        var devices = new List<Device>(answer.Length / 2);
        for (var i = 0; i + 1 < answer.Length; i += 2)
            devices.Add(Parse((string)answer[i]!, (string)answer[i + 1]!));
        devices.Sort(static (a, b) => b.RegisteredAt.CompareTo(a.RegisteredAt));
        return devices;
    }

    /// <returns>Whether it was registered.</returns>
    public Task<bool> RemoveAsync(string userId, string deviceId) => RemoveAsync(userId, deviceId, PushPlatform.Unspecified, "", null);

    /// <summary>Its push service says that the token is gone; a registration after <paramref name="goneAt"/> stays.</summary>
    public Task<bool> RemoveAsync(string userId, Device device, DateTimeOffset? goneAt) =>
        RemoveAsync(userId, device.Id, device.Platform, device.Token, goneAt?.ToUnixTimeMilliseconds() ?? device.RegisteredAt);

    public long EndOf(long registeredAt) => registeredAt + (_options.TokenSeconds * 1000);

    private async Task<bool> RemoveAsync(string userId, string deviceId, PushPlatform platform, string token, long? registeredUntil)
    {
        RedisValue until = registeredUntil is { } time ? time : "";
        var gone = await log.EvaluateAsync(RemoveScript, [LogKeys.Devices(userId)], [deviceId, Text(platform), token, until]);
        foreach (var entry in gone)
        {
            var device = Parse(deviceId, (string)entry!);
            await OwnerAsync("release", device.Platform, device.Token, userId);
        }

        return gone.Length > 0;
    }

    private async Task<string> OwnerAsync(string verb, PushPlatform platform, string token, string userId)
    {
        var answer = await log.EvaluateAsync(OwnerScript, [OwnerKey(platform, token)], [verb, userId, _options.TokenSeconds]);
        return (string)answer[0]!;
    }

    private static RedisKey OwnerKey(PushPlatform platform, string token) =>
        $"device-token:{Text(platform)}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}";

    private static Device Parse(string id, string entry)
    {
        var parts = entry.Split(' ', 3);
        return new Device(id, parts[0] is "apns" ? PushPlatform.Apns : PushPlatform.Fcm, parts[2], RedisNumber.Parse(parts[1]));
    }

    private static string Text(PushPlatform platform) => platform switch
    {
        PushPlatform.Apns => "apns",
        PushPlatform.Fcm => "fcm",
        _ => "",
    };
}
