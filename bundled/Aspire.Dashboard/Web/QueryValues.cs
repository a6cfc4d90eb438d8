using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Aspire.Dashboard.Web;

/// <summary>Values of a query string; what makes no sense counts as not given.</summary>
internal static class QueryValues
{
    public static string? Text(this IQueryCollection query, string name) =>
        query[name].ToString() is { Length: > 0 } text ? text : null;

    public static int Number(this IQueryCollection query, string name, int otherwise, int min, int max) =>
        int.TryParse(query[name].ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? Math.Clamp(number, min, max)
            : otherwise;

    public static long Long(this IQueryCollection query, string name, long otherwise) =>
        long.TryParse(query[name].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;

    public static double Fraction(this IQueryCollection query, string name) =>
        double.TryParse(query[name].ToString(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? Math.Clamp(number, 0, 1e9)
            : 0;

    public static bool Flag(this IQueryCollection query, string name) => query[name].ToString() is "1" or "true";
}
