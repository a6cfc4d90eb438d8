using PubSub.ServiceDefaults;

namespace PubSub.BizServer.PushLog;

internal static class PushLogServices
{
    /// <summary>The dead letters alone, for the command line: with the settings of the environment and appsettings.json.</summary>
    public static IDeadLetters OpenDeadLetters()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true).AddEnvironmentVariables();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddPushLog();
        return builder.Build().Services.GetRequiredService<IDeadLetters>();
    }

    public static void AddPushLog(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<PushLogOptions>(PushLogOptions.Section);
        builder.Services.AddSingleton<RedisConnection>();
        builder.Services.AddSingleton<IPushLogWriter, RedisPushLogWriter>();
        builder.Services.AddSingleton<IDeadLetters, RedisDeadLetters>();
    }
}
