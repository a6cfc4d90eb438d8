namespace PubSub.ServiceDefaults;

/// <summary>
/// Names a property of an options class as a setting: its environment variable and one line of what it does.
/// Checks, <c>--print-config</c> and docs/settings.md all come from here and from the data annotations beside it.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string environmentVariable, string description) : Attribute
{
    /// <summary>The environment variable (also a <c>--NAME=value</c> argument); it wins over the section.</summary>
    public string EnvironmentVariable { get; } = environmentVariable;

    /// <summary>What the setting does, as one line without a full stop at the end.</summary>
    public string Description { get; } = description;

    /// <summary>The value is never printed.</summary>
    public bool Secret { get; init; }

    /// <summary>
    /// Name of the connection string that this setting takes where nothing else sets it: what Aspire hands to a service
    /// that refers to a resource.
    /// </summary>
    public string? ConnectionString { get; init; }
}
