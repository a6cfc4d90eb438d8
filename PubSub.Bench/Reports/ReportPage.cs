using System.Globalization;
using System.Net;
using System.Text;

namespace PubSub.Bench;

/// <summary>A report as one page that needs nothing else: tables, and charts as SVG.</summary>
internal static class ReportPage
{
    private const int Width = 760;
    private const int Height = 320;
    private const int Left = 80;
    private const int Bottom = 44;
    private const int Top = 16;
    private static readonly string[] Colours = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a"];

    public static string Write(BenchReport report)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $$"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>PubSub.Bench: {{Text(report.Scenario)}}</title>
            <style>
            body{font:15px/1.5 system-ui,sans-serif;max-width:860px;margin:2em auto;padding:0 1em;color:#1f2328}
            table{border-collapse:collapse;width:100%}td,th{padding:.25em .6em;border-bottom:1px solid #d0d7de;text-align:left}
            td.n{text-align:right;font-variant-numeric:tabular-nums}.missed{color:#d1242f}.met{color:#1a7f37}
            svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:#57606a}
            </style></head><body>
            <h1>{{Text(report.Scenario)}}</h1>
            <p>{{Text(report.Setup)}}</p>
            <p>{{string.Join("<br>", report.Circumstances.Select(Text))}}</p>

            """);
        html.Append("<table><tr><th>figure<th>value<th>unit<th>target</tr>\n");
        foreach (var figure in report.Figures)
        {
            var target = BenchReport.TargetOf(figure);
            var mark = target.EndsWith("MISSED", StringComparison.Ordinal) ? "missed" : "met";
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(figure.Name)}<td class=n>{BenchReport.Rounded(figure.Value)}<td>{Text(figure.Unit)}<td class={mark}>{Text(target)}</tr>\n");
        }

        html.Append("</table>\n");
        foreach (var chart in report.Curves.GroupBy(static curve => curve.Chart))
            Chart(html, chart.Key, [.. chart]);
        return html.Append("</body></html>\n").ToString();
    }

    private static void Chart(StringBuilder html, string title, IReadOnlyList<Curve> curves)
    {
        var points = curves.SelectMany(static curve => curve.Points).ToArray();
        if (points.Length == 0)
            return;
        // Latencies span powers of ten, and so does what is interesting in them.
        var isShare = curves[0].X.StartsWith("share", StringComparison.Ordinal);
        var isLogX = !isShare && curves[0].IsLogarithmic;
        var isLogY = isShare || isLogX;
        double X(double x) => isShare ? -Math.Log10(Math.Max(0.00005, 1 - (x / 100))) : isLogX ? Math.Log10(Math.Max(0.01, x)) : x;
        double Y(double y) => isLogY ? Math.Log10(Math.Max(0.01, y)) : y;
        var (minX, maxX) = Range(points.Select(point => X(point[0])));
        var (minY, maxY) = Range(points.Select(point => Y(point[1])).Concat(isLogY ? [] : [0.0]));
        string Place(double[] point) => string.Create(CultureInfo.InvariantCulture,
            $"{Left + ((X(point[0]) - minX) / (maxX - minX) * (Width - Left - 20)):0.#},{Height - Bottom - ((Y(point[1]) - minY) / (maxY - minY) * (Height - Bottom - Top)):0.#}");

        html.Append(CultureInfo.InvariantCulture, $"<h2>{Text(title)}</h2>\n<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\">\n");
        foreach (var point in curves.MaxBy(static curve => curve.Points.Count)!.Points)
            Mark(html, Place([point[0], isLogY ? Math.Pow(10, minY) : minY]), BenchReport.Rounded(point[0]), isBelow: true);
        for (var i = 0; i <= 4; i++)
        {
            var y = minY + ((maxY - minY) * i / 4);
            Mark(html, Place([points[0][0], isLogY ? Math.Pow(10, y) : y]), BenchReport.Rounded(isLogY ? Math.Pow(10, y) : y), isBelow: false);
        }

        for (var i = 0; i < curves.Count; i++)
        {
            var colour = Colours[i % Colours.Length];
            html.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{string.Join(' ', curves[i].Points.Select(Place))}\"/>\n");
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left + 12}\" y=\"{Top + 14 + (16 * i)}\" style=\"fill:{colour}\">{Text(curves[i].Name)}</text>\n");
        }

        html.Append(CultureInfo.InvariantCulture, $"<text x=\"{Width / 2}\" y=\"{Height - 6}\">{Text(curves[0].X)}</text><text x=\"4\" y=\"12\">{Text(curves[0].Y)}</text></svg>\n");
    }

    private static void Mark(StringBuilder html, string place, string label, bool isBelow)
    {
        var at = place.Split(',');
        html.Append(isBelow
            ? $"<text x=\"{at[0]}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{label}</text>\n"
            : $"<line x1=\"{Left}\" x2=\"{Width - 20}\" y1=\"{at[1]}\" y2=\"{at[1]}\" stroke=\"#eaeef2\"/><text x=\"{Left - 8}\" y=\"{at[1]}\" text-anchor=\"end\">{label}</text>\n");
    }

    private static (double Min, double Max) Range(IEnumerable<double> values)
    {
        var all = values.ToArray();
        var (min, max) = (all.Min(), all.Max());
        return max > min ? (min, max) : (min, min + 1);
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
