using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PubSub.Tests.Cluster;

/// <summary>Processes found by a variable in their environment, which they have from whoever started them.</summary>
internal static class MarkedProcesses
{
    public static IReadOnlyList<Process> With(string name, string value)
    {
        var mark = Encoding.UTF8.GetBytes($"{name}={value}\0");
        return [.. Process.GetProcesses().Where(process => Read(process.Id, "environ").AsSpan().IndexOf(mark) >= 0)];
    }

    // The fields behind the name, which stands in parentheses and may hold anything: state, parent.
    public static int? ParentOf(int processId)
    {
        var fields = Encoding.UTF8.GetString(Read(processId, "stat")).Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 1 ? int.Parse(fields[1], CultureInfo.InvariantCulture) : null;
    }

    private static byte[] Read(int processId, string file)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{processId}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Ended meanwhile, or somebody else's.
            return [];
        }
    }
}
