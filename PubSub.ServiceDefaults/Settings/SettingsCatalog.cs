using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace PubSub.ServiceDefaults.Settings;

/// <summary>All options classes of a process, so that they can be checked together and listed.</summary>
internal sealed class SettingsCatalog
{
    private readonly List<SettingsGroup> _groups = [];

    public IReadOnlyList<SettingsGroup> Groups => _groups;

    public void Add(SettingsGroup group) => _groups.Add(group);

    /// <summary>Every fault of every group, each as one line.</summary>
    public IReadOnlyList<string> Faults(IServiceProvider services) =>
        [.. _groups.SelectMany(group => group.Faults(services))];

    /// <summary>Keys that sit in one of our sections but belong to nothing: mostly typing errors.</summary>
    public IEnumerable<string> UnknownKeys(IConfiguration configuration, SettingsGroup group)
    {
        var known = group.Settings.Select(setting => setting.PropertyName).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var child in configuration.GetSection(group.Section).GetChildren())
        {
            var isOurs = known.Contains(child.Key) || _groups.Exists(other => IsAtOrUnder(other.Section, child.Path)
                || (other != group && other.Section.Equals(group.Section, StringComparison.OrdinalIgnoreCase)
                    && other.Settings.Any(s => s.PropertyName.Equals(child.Key, StringComparison.OrdinalIgnoreCase))));
            if (!isOurs)
            {
                yield return $"{child.Path} is not a setting; section {group.Section} has: "
                    + string.Join(", ", known.Order(StringComparer.Ordinal));
            }
        }
    }

    private static bool IsAtOrUnder(string section, string path) =>
        section.Equals(path, StringComparison.OrdinalIgnoreCase)
        || section.StartsWith(path + ":", StringComparison.OrdinalIgnoreCase);
}

/// <summary>One options class with its settings and its defaults.</summary>
internal sealed class SettingsGroup
{
    private readonly object _defaults;
    private readonly Func<IServiceProvider, object> _current;

    public SettingsGroup(string section, IReadOnlyList<Setting> settings, object defaults, Func<IServiceProvider, object> current)
    {
        Section = section;
        Settings = settings;
        _defaults = defaults;
        _current = current;
    }

    public string Section { get; }

    public IReadOnlyList<Setting> Settings { get; }

    public string DefaultOf(Setting setting) => setting.ShowValueOf(_defaults);

    public object Current(IServiceProvider services) => _current(services);

    public IReadOnlyList<string> Faults(IServiceProvider services)
    {
        try
        {
            _current(services);
            return [];
        }
        catch (OptionsValidationException wrong)
        {
            return [.. wrong.Failures];
        }
    }

    public static IReadOnlyList<Setting> SettingsOf(
        Type options, string section, IReadOnlyDictionary<string, string?>? environmentVariables)
    {
        var settings = new List<Setting>();
        foreach (var property in options.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            string? variable = null;
            var isHidden = environmentVariables is not null
                && environmentVariables.TryGetValue(property.Name, out variable) && variable is null;
            if (property.CanWrite && !isHidden)
                settings.Add(new Setting(section, property, variable));
        }

        return settings;
    }
}
