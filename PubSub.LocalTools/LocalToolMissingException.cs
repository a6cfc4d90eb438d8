namespace PubSub.LocalTools;

/// <summary>A program is not here and could not be fetched; the message names the ways out.</summary>
public sealed class LocalToolMissingException : Exception
{
    internal LocalToolMissingException(LocalTool tool, string reason)
        : base(string.Join(Environment.NewLine, [$"{tool.Description} is not on this machine: {reason}", .. WaysOut(tool)]))
    {
        Tool = tool;
    }

    public LocalTool Tool { get; }

    private static IEnumerable<string> WaysOut(LocalTool tool)
    {
        yield return "Any one of these helps:";
        yield return $"  - install it, so that '{tool.Name}' is on PATH (Debian, Ubuntu: apt-get install {string.Join(' ', tool.Packages)})";
        yield return $"  - set {tool.Variable} to the full path of the program";
        if (tool.Unpacked.Count > 0)
        {
            yield return "  - on Debian or Ubuntu, let this process reach the package mirrors that /etc/apt names: it then unpacks the "
                + $"package into {ToolCache.DefaultFolder()} by itself, without root";
        }
    }
}
