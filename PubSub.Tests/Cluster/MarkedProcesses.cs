using System.Diagnostics;
using System.Text;

namespace PubSub.Tests.Cluster;

/// <summary>Processes found by a variable in their environment, which they have from whoever started them.</summary>
internal static class MarkedProcesses
{
    public static IReadOnlyList<Process> With(string name, string value)
    {
        var mark = Encoding.UTF8.GetBytes($"{name}={value}\0");
        return [.. Process.GetProcesses().Where(process => EnvironmentOf(process.Id).AsSpan().IndexOf(mark) >= 0)];
    }

    private static byte[] EnvironmentOf(int processId)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{processId}/environ");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Ended meanwhile, or somebody else's.
            return [];
        }
    }
}
