using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace PubSub.AppHost;

/// <summary>A ConnectNode; no port means any free one.</summary>
internal sealed record ConnectNode(string Name, int? GrpcPort, int? HttpPort, int? MetricsPort);

/// <summary>How many nodes there are: the setting ConnectNodes, three unless it says otherwise.</summary>
internal static class ConnectNodes
{
    private const int Most = 50;

    // The three that people have in their notes; further ones take what is free.
    private static readonly ConnectNode[] WellKnown =
    [
        new("connect-node-1", 50052, 8080, 9091),
        new("connect-node-2", 50055, 8081, 9092),
        new("connect-node-3", 50056, 8082, 9093),
    ];

    /// <summary>False when the setting is wrong; then the person has been told, and the exit code is set.</summary>
    public static bool TryRead(IConfiguration configuration, out IReadOnlyList<ConnectNode> nodes)
    {
        var text = configuration["ConnectNodes"] ?? WellKnown.Length.ToString(CultureInfo.InvariantCulture);
        if (!int.TryParse(text, CultureInfo.InvariantCulture, out var count) || count is < 1 or > Most)
        {
            Console.Error.WriteLine($"PubSub.AppHost: ConnectNodes is '{text}'; allowed is 1 to {Most}.");
            Environment.ExitCode = 1;
            nodes = [];
            return false;
        }

        nodes = [.. Enumerable.Range(1, count).Select(Node)];
        return true;
    }

    private static ConnectNode Node(int number) =>
        number <= WellKnown.Length ? WellKnown[number - 1] : new ConnectNode($"connect-node-{number}", null, null, null);
}
