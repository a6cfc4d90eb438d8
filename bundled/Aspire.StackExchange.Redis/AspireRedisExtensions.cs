using Aspire.StackExchange.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>Brings the connection to a Redis that the app host refers to into a service.</summary>
public static class AspireRedisExtensions
{
    private const string SectionName = "Aspire:StackExchange:Redis";

    /// <summary>
    /// Adds the one <see cref="IConnectionMultiplexer"/>, with the connection string of that name and the settings of
    /// the sections <c>Aspire:StackExchange:Redis</c> and <c>Aspire:StackExchange:Redis:{connectionName}</c>.
    /// </summary>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder, string connectionName,
        Action<StackExchangeRedisSettings>? configureSettings = null, Action<ConfigurationOptions>? configureOptions = null)
    {
        var (optionsName, settings) = builder.AddOptions(connectionName, isKeyed: false, configureSettings, configureOptions);
        builder.Services.AddSingleton<IConnectionMultiplexer>(services => Connect(services, connectionName, optionsName));
        if (!settings.DisableHealthChecks)
            builder.AddCheck("StackExchange.Redis", static services => services.GetRequiredService<IConnectionMultiplexer>());
    }

    /// <summary>The same, for one of several: the connection is a service with the key <paramref name="name"/>.</summary>
    public static void AddKeyedRedisClient(
        this IHostApplicationBuilder builder, string name,
        Action<StackExchangeRedisSettings>? configureSettings = null, Action<ConfigurationOptions>? configureOptions = null)
    {
        var (optionsName, settings) = builder.AddOptions(name, isKeyed: true, configureSettings, configureOptions);
        builder.Services.AddKeyedSingleton<IConnectionMultiplexer>(name, (services, _) => Connect(services, name, optionsName));
        if (!settings.DisableHealthChecks)
            builder.AddCheck($"StackExchange.Redis_{name}", services => services.GetRequiredKeyedService<IConnectionMultiplexer>(name));
    }

    private static (string Name, StackExchangeRedisSettings Settings) AddOptions(
        this IHostApplicationBuilder builder, string connectionName, bool isKeyed,
        Action<StackExchangeRedisSettings>? configureSettings, Action<ConfigurationOptions>? configureOptions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        var general = builder.Configuration.GetSection(SectionName);
        var named = general.GetSection(connectionName);

        var settings = new StackExchangeRedisSettings();
        general.Bind(settings);
        named.Bind(settings);
        settings.ConnectionString = builder.Configuration.GetConnectionString(connectionName) ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);

        var optionsName = isKeyed ? connectionName : Options.Options.DefaultName;
        builder.Services.AddKeyedSingleton(optionsName, new ConnectionText(settings.ConnectionString));
        builder.Services.TryAddTransient<IOptionsFactory<ConfigurationOptions>, RedisOptionsFactory>();
        builder.Services.Configure<ConfigurationOptions>(optionsName, options =>
        {
            general.GetSection(nameof(ConfigurationOptions)).Bind(options);
            named.GetSection(nameof(ConfigurationOptions)).Bind(options);
            configureOptions?.Invoke(options);
        });
        return (optionsName, settings);
    }

    private static void AddCheck(
        this IHostApplicationBuilder builder, string name, Func<IServiceProvider, IConnectionMultiplexer> connection) =>
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            name, services => new RedisAnswersCheck(() => connection(services)), failureStatus: null, tags: null));

    private static ConnectionMultiplexer Connect(IServiceProvider services, string connectionName, string optionsName)
    {
        var options = services.GetRequiredService<IOptionsMonitor<ConfigurationOptions>>().Get(optionsName);
        return options.EndPoints.Count > 0
            ? ConnectionMultiplexer.Connect(options)
            : throw new InvalidOperationException(
                $"It is not known where Redis is. Set 'ConnectionStrings:{connectionName}' or '{SectionName}:ConnectionString' to host:port.");
    }
}
