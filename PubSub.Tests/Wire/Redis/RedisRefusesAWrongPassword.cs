using PubSub.Tests.Infrastructure;
using StackExchange.Redis;

namespace PubSub.Tests.Wire.Redis;

public sealed class RedisRefusesAWrongPassword : IAsyncLifetime
{
    private RedisProcess _redis = null!;

    public async Task InitializeAsync() =>
        _redis = await RedisProcess.StartAsync(new RedisProcessOptions { Password = "right" });

    [Theory]
    [InlineData("wrong")]
    [InlineData(null)]
    public Task Calls_say_that_the_password_is_at_fault(string? password) =>
        // 1.2.6 has connections that never tell; the next one does.
        Wait.UntilAsync(() => IsToldAsync(password), "a refused call that names the password");

    [Fact]
    public async Task A_strict_connect_fails_and_names_authentication()
    {
        var options = RecommendedRedis.Options(_redis.Endpoint, "wrong");
        options.AbortOnConnectFail = true;

        // A connect that ends before Redis has refused only says that its time is over.
        await Wait.UntilAsync(
            async () =>
            {
                var failure = (await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync(options))).ToString();
                Assert.DoesNotContain("wrong", failure, StringComparison.Ordinal);
                return failure.Contains("Authentication", StringComparison.OrdinalIgnoreCase);
            },
            "a connect that names authentication");
    }

    [Fact]
    public async Task The_right_one_serves()
    {
        using var connection = await RecommendedRedis.ConnectAsync(_redis.Endpoint, "right");

        await connection.GetDatabase().PingAsync();
    }

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    private async Task<bool> IsToldAsync(string? password)
    {
        using var connection = await RecommendedRedis.ConnectAsync(_redis.Endpoint, password);
        var database = connection.GetDatabase();
        try
        {
            // The very first calls may come before Redis has refused: those only say that there is no connection.
            await Wait.UntilAsync(() => NamesThePasswordAsync(database), "a refused call that names the password", TimeSpan.FromSeconds(5));
        }
        catch (TimeoutException)
        {
            return false;
        }

        Assert.False(connection.IsConnected);
        return true;
    }

    private static async Task<bool> NamesThePasswordAsync(IDatabase database)
    {
        var failure = await Assert.ThrowsAsync<RedisConnectionException>(() => database.PingAsync());
        return failure.Message.Contains("password", StringComparison.OrdinalIgnoreCase);
    }
}
