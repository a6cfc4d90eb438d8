using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using PubSub.ServiceDefaults.Settings;

namespace PubSub.ServiceDefaults;

/// <summary>Options that are bound from appsettings and the environment and checked before anything starts.</summary>
public static class SettingsExtensions
{
    /// <summary>
    /// Binds <typeparamref name="T"/> from a section and from the environment variables that its
    /// <see cref="SettingAttribute"/>s name, checks data annotations and every registered
    /// <see cref="IValidateOptions{T}"/> at start, and lists the settings in <c>--print-config</c>.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="section">Section of appsettings, for example <c>Links</c>.</param>
    /// <param name="check">Faults that concern several settings at once, one line each.</param>
    public static OptionsBuilder<T> AddValidatedOptions<T>(
        this IHostApplicationBuilder builder, string section, Func<T, IEnumerable<string>>? check = null)
        where T : class, new() => builder.AddValidatedOptions(section, new T(), null, check);

    /// <param name="builder">The application.</param>
    /// <param name="section">Section of appsettings.</param>
    /// <param name="defaults">Defaults that only this process has.</param>
    /// <param name="environmentVariables">Property to variable where the attribute does not fit; null hides it.</param>
    /// <param name="check">Faults that concern several settings at once.</param>
    internal static OptionsBuilder<T> AddValidatedOptions<T>(
        this IHostApplicationBuilder builder,
        string section,
        T defaults,
        IReadOnlyDictionary<string, string?>? environmentVariables,
        Func<T, IEnumerable<string>>? check = null)
        where T : class, new()
    {
        var settings = SettingsGroup.SettingsOf(typeof(T), section, environmentVariables);
        var group = new SettingsGroup(
            section, settings, defaults, static services => services.GetRequiredService<IOptions<T>>().Value);
        var catalog = builder.Catalog();
        catalog.Add(group);

        var binder = new SettingsBinder<T>(builder.Configuration, catalog, group, defaults, check);
        builder.Services.AddSingleton<IOptionsFactory<T>>(services => new SettingsFactory<T>(
            binder, services.GetServices<IConfigureOptions<T>>(), services.GetServices<IPostConfigureOptions<T>>(),
            services.GetServices<IValidateOptions<T>>()));
        return builder.Services.AddOptions<T>().ValidateOnStart();
    }

    /// <summary>
    /// What the settings are while the application is still being built, for whatever must know them then. A wrong one
    /// keeps its default here; those who add the options with <see cref="AddValidatedOptions{T}(IHostApplicationBuilder, string, Func{T, IEnumerable{string}})"/>
    /// have it reported at start.
    /// </summary>
    public static T ReadSettings<T>(this IHostApplicationBuilder builder, string section)
        where T : class, new()
    {
        var options = new T();
        foreach (var setting in SettingsGroup.SettingsOf(typeof(T), section, null))
            _ = setting.Bind(builder.Configuration, options);
        return options;
    }

    /// <summary>
    /// For what the host needs while it is built, before settings are checked: a wrong one is reported at start, with
    /// all others, and must not stop the process here with a stack trace.
    /// </summary>
    public static T ValueOrDefault<T>(this IOptions<T> options)
        where T : class, new()
    {
        try
        {
            return options.Value;
        }
        catch (OptionsValidationException)
        {
            return new T();
        }
    }

    internal static SettingsCatalog Catalog(this IHostApplicationBuilder builder)
    {
        if (builder.Properties.TryGetValue(typeof(SettingsCatalog), out var found))
            return (SettingsCatalog)found;

        var catalog = new SettingsCatalog();
        builder.Properties[typeof(SettingsCatalog)] = catalog;
        builder.Services.AddSingleton(catalog);
        return catalog;
    }
}

/// <summary>Fills and checks one options class.</summary>
internal sealed class SettingsBinder<T>(
    IConfiguration configuration, SettingsCatalog catalog, SettingsGroup group, T defaults,
    Func<T, IEnumerable<string>>? check)
    where T : class, new()
{
    public void Bind(T options, List<string> faults)
    {
        foreach (var property in typeof(T).GetProperties().Where(property => property is { CanRead: true, CanWrite: true }))
            property.SetValue(options, property.GetValue(defaults));

        faults.AddRange(group.Settings.Select(setting => setting.Bind(configuration, options)).OfType<string>());
        faults.AddRange(catalog.UnknownKeys(configuration, group));
    }

    public void Check(T options, List<string> faults)
    {
        faults.AddRange(group.Settings.Select(setting => setting.Check(options)).OfType<string>());
        if (faults.Count == 0 && check is not null)
            faults.AddRange(check(options));
    }
}

/// <summary>
/// Collects the faults of binding and of every validator of one options class into one exception: the framework's
/// binder stops at the first value that it cannot convert.
/// </summary>
internal sealed class SettingsFactory<T>(
    SettingsBinder<T> binder,
    IEnumerable<IConfigureOptions<T>> setups,
    IEnumerable<IPostConfigureOptions<T>> postSetups,
    IEnumerable<IValidateOptions<T>> validators) : IOptionsFactory<T>
    where T : class, new()
{
    public T Create(string name)
    {
        var faults = new List<string>();
        var options = new T();
        binder.Bind(options, faults);
        foreach (var setup in setups)
            setup.Configure(options);

        foreach (var setup in postSetups)
            setup.PostConfigure(name, options);

        binder.Check(options, faults);
        foreach (var result in validators.Select(validator => validator.Validate(name, options)).Where(r => r.Failed))
            faults.AddRange(result.Failures ?? []);

        return faults.Count == 0 ? options : throw new OptionsValidationException(name, typeof(T), faults.Distinct());
    }
}
