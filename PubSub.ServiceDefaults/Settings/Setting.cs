using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace PubSub.ServiceDefaults.Settings;

/// <summary>One setting: a property of an options class with its two names, its conversion and its check.</summary>
internal sealed class Setting
{
    private readonly PropertyInfo _property;
    private readonly ValidationAttribute[] _rules;
    private readonly SettingAttribute? _names;

    public Setting(string section, PropertyInfo property, string? environmentVariable = null)
    {
        _property = property;
        _names = property.GetCustomAttribute<SettingAttribute>();
        _rules = [.. property.GetCustomAttributes<ValidationAttribute>()];
        Key = $"{section}:{property.Name}";
        EnvironmentVariable = environmentVariable ?? _names?.EnvironmentVariable;
    }

    public string Key { get; }

    public string? EnvironmentVariable { get; }

    public string PropertyName => _property.Name;

    public string Description => _names?.Description ?? "";

    /// <summary>Both names where there are two, the one that wins first.</summary>
    public string DisplayName => EnvironmentVariable is null ? Key : $"{EnvironmentVariable} ({Key})";

    public string Allowed => string.Join(", ", AllowedParts());

    /// <summary>Writes the configured value, if there is one, into the options; returns what is wrong with it.</summary>
    public string? Bind(IConfiguration configuration, object options)
    {
        var text = EnvironmentVariable is null ? null : configuration[EnvironmentVariable];
        var type = Nullable.GetUnderlyingType(_property.PropertyType) ?? _property.PropertyType;
        try
        {
            if (string.IsNullOrEmpty(text))
            {
                text = configuration[Key];
                text ??= _names?.ConnectionString is { } name ? configuration.GetConnectionString(name) : null;
                if (text is null && configuration.GetSection(Key) is var section && section.Exists())
                {
                    _property.SetValue(options, section.Get(type));
                    return null;
                }
            }

            if (text is not null)
                _property.SetValue(options, Convert(text, type));

            return null;
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or InvalidOperationException
            or NotSupportedException or OverflowException or TargetInvocationException)
        {
            return Fault(text is null ? "(section)" : Show(text), $"is not {Kind(type)}");
        }
    }

    public string? Check(object options)
    {
        var value = _property.GetValue(options);
        var context = new ValidationContext(options) { MemberName = _property.Name, DisplayName = DisplayName };
        foreach (var rule in _rules)
        {
            if (rule.GetValidationResult(value, context) is { } wrong)
            {
                return rule is RequiredAttribute
                    ? $"{DisplayName} is not set; it has no default"
                    : Fault(Show(value), rule is RangeAttribute or AllowedValuesAttribute
                        ? "is out of range"
                        : wrong.ErrorMessage ?? "is not allowed");
            }
        }

        return null;
    }

    /// <summary>The value as text for people: lists joined, secrets masked.</summary>
    public string Show(object? value) => value switch
    {
        null or "" => "",
        _ when _names is { Secret: true } => "***",
        string text => text,
        IEnumerable many => string.Join(',', many.Cast<object?>().Select(Show)),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    public string ShowValueOf(object options) => Show(_property.GetValue(options));

    private static object? Convert(string text, Type type)
    {
        if (type == typeof(string))
            return text;

        if (type.IsAssignableTo(typeof(IEnumerable)) && type.IsAssignableFrom(typeof(string[])))
            return text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

        if (type == typeof(Uri))
            return new Uri(text, UriKind.Absolute);

        if (type.IsEnum && Enum.TryParse(type, text, ignoreCase: true, out var named) && Enum.IsDefined(type, named))
            return named;

        return type.IsEnum
            ? throw new FormatException(text)
            : TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
    }

    private static string Kind(Type type) =>
        type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
        : type == typeof(bool) ? "true or false"
        : type == typeof(TimeSpan) ? "a time span such as 00:00:30"
        : type == typeof(Uri) ? "an absolute address such as http://localhost:4317"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(double) || type == typeof(decimal) ? "a number"
        : $"a {type.Name}";

    private string Fault(string value, string problem)
    {
        var allowed = Allowed;
        return $"{DisplayName} = '{value}' {problem}{(allowed.Length == 0 ? "" : $"; allowed: {allowed}")}";
    }

    private IEnumerable<string> AllowedParts()
    {
        var type = Nullable.GetUnderlyingType(_property.PropertyType) ?? _property.PropertyType;
        if (type.IsEnum)
            yield return string.Join(" | ", Enum.GetNames(type));

        foreach (var rule in _rules)
        {
            switch (rule)
            {
                case RangeAttribute range:
                    yield return $"{Show(range.Minimum)} to {Show(range.Maximum)}";
                    break;
                case AllowedValuesAttribute values:
                    yield return string.Join(" | ", values.Values.Where(value => value is not null).Select(Show));
                    break;
            }
        }
    }
}
