using System.Runtime.InteropServices;

namespace PubSub.LocalTools;

/// <summary>Which release of which distribution this is, as /etc/os-release tells.</summary>
internal static class Distribution
{
    public static string Key { get; } = ReadKey();

    private static string ReadKey()
    {
        var facts = new Dictionary<string, string>();
        if (File.Exists("/etc/os-release"))
        {
            foreach (var line in File.ReadLines("/etc/os-release"))
            {
                if (line.Split('=', 2) is [var name, var value])
                    facts[name] = value.Trim('"');
            }
        }

        var id = facts.GetValueOrDefault("ID", RuntimeInformation.RuntimeIdentifier);
        var release = facts.GetValueOrDefault("VERSION_ID", "rolling");
        return $"{id}-{release}-{RuntimeInformation.OSArchitecture}".ToLowerInvariant();
    }
}
