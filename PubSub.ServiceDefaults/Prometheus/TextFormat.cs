using System.Buffers;
using System.Globalization;
using System.Text;

namespace PubSub.ServiceDefaults.Prometheus;

/// <summary>Writes the text format, version 0.0.4: escaping, numbers and the order of lines within a family.</summary>
internal sealed class TextFormat(IBufferWriter<byte> output)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const int LongestNumber = 32;

    private string _name = "";

    public void Family(string name, string help, string type, string unit)
    {
        _name = name;
        Text("# HELP ", name, " ", Escape(help, quotes: false), "\n");
        Text("# TYPE ", name, " ", type, "\n");
        if (unit.Length > 0)
        {
            // No token of this version of the format: readers of it see a comment, those of the next one the unit.
            Text("# UNIT ", name, " ", unit, "\n");
        }
    }

    public void Sample(string labels, long value)
    {
        Name("", labels, "", "");
        Number(value);
    }

    public void Sample(string labels, double value)
    {
        Name("", labels, "", "");
        Number(value);
    }

    public void Bucket(string labels, string bound, long count)
    {
        Name("_bucket", labels, "le", bound);
        Number(count);
    }

    public void SumAndCount(string labels, double sum, long count)
    {
        Name("_sum", labels, "", "");
        Number(sum);
        Name("_count", labels, "", "");
        Number(count);
    }

    /// <summary>Labels as they stand between the braces, in the order of their names.</summary>
    public static string Labels(IEnumerable<KeyValuePair<string, string>> labels)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in labels)
            text.Append(text.Length == 0 ? "" : ",").Append(name).Append("=\"").Append(Escape(value, quotes: true)).Append('"');

        return text.ToString();
    }

    public static string NumberText(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string text, bool quotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') < 0)
            return text;

        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }

    private void Name(string suffix, string labels, string lastLabel, string lastValue)
    {
        Text(_name, suffix);
        if (labels.Length > 0 || lastLabel.Length > 0)
        {
            Text("{", labels);
            if (lastLabel.Length > 0)
                Text(labels.Length > 0 ? "," : "", lastLabel, "=\"", lastValue, "\"");

            Text("}");
        }

        Text(" ");
    }

    private void Number(long value)
    {
        value.TryFormat(output.GetSpan(LongestNumber), out var written, default, CultureInfo.InvariantCulture);
        output.Advance(written);
        Text("\n");
    }

    private void Number(double value)
    {
        if (double.IsFinite(value))
        {
            value.TryFormat(output.GetSpan(LongestNumber), out var written, default, CultureInfo.InvariantCulture);
            output.Advance(written);
            Text("\n");
        }
        else
        {
            Text(NumberText(value), "\n");
        }
    }

    private void Text(params ReadOnlySpan<string> parts)
    {
        foreach (var part in parts)
            Encoding.UTF8.GetBytes(part, output);
    }
}
