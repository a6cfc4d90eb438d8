using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace PubSub.ServiceDefaults.Prometheus;

/// <summary>From OpenTelemetry's names, units and tags to those of the text format.</summary>
internal static class MetricNames
{
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["d"] = "days",
        ["h"] = "hours",
        ["min"] = "minutes",
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["GiBy"] = "gibibytes",
        ["KBy"] = "kilobytes",
        ["MBy"] = "megabytes",
        ["GBy"] = "gigabytes",
        ["m"] = "meters",
        ["V"] = "volts",
        ["A"] = "amperes",
        ["J"] = "joules",
        ["W"] = "watts",
        ["g"] = "grams",
        ["Cel"] = "celsius",
        ["Hz"] = "hertz",
        ["%"] = "percent",
    };

    private static readonly Dictionary<string, string> Rates = new(StringComparer.Ordinal)
    {
        ["s"] = "second",
        ["min"] = "minute",
        ["h"] = "hour",
        ["d"] = "day",
    };

    /// <summary>
    /// Name of the family: dots become underscores, the unit is appended once, a counter ends in exactly one _total.
    /// </summary>
    public static string Family(Instrument instrument, MetricKind kind)
    {
        var name = Identifier(instrument.Name, allowColon: true);
        if (kind == MetricKind.Counter && name.EndsWith("_total", StringComparison.Ordinal))
            name = name[..^"_total".Length];

        var unit = Unit(instrument.Unit);
        if (unit.Length == 0 && instrument.Unit == "1" && kind == MetricKind.Gauge)
            unit = "ratio";

        if (unit.Length > 0 && name != unit && !name.EndsWith("_" + unit, StringComparison.Ordinal))
            name = $"{name}_{unit}";

        return kind == MetricKind.Counter ? name + "_total" : name;
    }

    /// <summary>Unit in words; empty for none and for annotations such as {request}.</summary>
    public static string Unit(string? unit)
    {
        if (unit is null or "" or "1")
            return "";

        var parts = unit.Split('/', 2);
        var what = Word(parts[0], Units);
        return parts.Length == 1 ? what
            : Word(parts[1], Rates) is not { Length: > 0 } per ? what
            : what.Length == 0 ? "per_" + per : $"{what}_per_{per}";
    }

    public static string Label(string key)
    {
        var label = Identifier(key, allowColon: false);

        // Those two belong to the format itself: a histogram's bucket and a summary's quantile.
        return label is "le" or "quantile" ? "exported_" + label : label;
    }

    public static string LabelValue(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Word(string unit, Dictionary<string, string> words)
    {
        var open = unit.IndexOf('{', StringComparison.Ordinal);
        var bare = open >= 0 ? unit[..open] : unit;
        return words.TryGetValue(bare, out var word) ? word : bare.Length == 0 ? "" : Identifier(bare, allowColon: false).Trim('_');
    }

    private static string Identifier(string text, bool allowColon)
    {
        var name = new StringBuilder(text.Length + 1);
        foreach (var character in text)
        {
            if (char.IsAsciiLetterOrDigit(character) || (allowColon && character == ':'))
            {
                if (name.Length == 0 && char.IsAsciiDigit(character))
                    name.Append('_');

                name.Append(character);
            }
            else if (name.Length == 0 || name[^1] != '_')
            {
                name.Append('_');
            }
        }

        return name.Length == 0 ? "_" : name.ToString();
    }
}
