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

    public static IEnumerable<ConnectNode> Configured(IConfiguration configuration)
    {
        var count = configuration.GetValue("ConnectNodes", WellKnown.Length);
        if (count is < 1 or > Most)
            throw new DistributedApplicationException($"ConnectNodes = {count} is out of range; allowed: 1 to {Most}.");
        return Enumerable.Range(1, count).Select(number =>
            number <= WellKnown.Length ? WellKnown[number - 1] : new ConnectNode($"connect-node-{number}", null, null, null));
    }
}
