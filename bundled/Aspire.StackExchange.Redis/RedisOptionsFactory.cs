using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis;

/// <summary>The connection string of one client, for the name of its options.</summary>
internal sealed record ConnectionText(string? Text);

/// <summary>
/// Begins the options with the connection string: that can only be parsed into new ones, and all that configures options
/// comes after it.
/// </summary>
internal sealed class RedisOptionsFactory(
    IServiceProvider services,
    IEnumerable<IConfigureOptions<ConfigurationOptions>> setups,
    IEnumerable<IPostConfigureOptions<ConfigurationOptions>> postSetups,
    IEnumerable<IValidateOptions<ConfigurationOptions>> validators)
    : OptionsFactory<ConfigurationOptions>(setups, postSetups, validators)
{
    protected override ConfigurationOptions CreateInstance(string name)
    {
        var text = services.GetKeyedService<ConnectionText>(name)?.Text;
        var options = text is null ? new ConfigurationOptions() : ConfigurationOptions.Parse(text);

        // A service starts while Redis is away, unless its connection string says otherwise.
        if (text?.Contains("abortConnect", StringComparison.OrdinalIgnoreCase) is not true)
            options.AbortOnConnectFail = false;
        return options;
    }
}
