using PubSub.Tests.Cluster;
using PubSub.Tests.Faults;
using PubSub.Tests.Integration.Membership;
using PubSub.Tests.Integration.Pushing;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("PubSub.Tests.Infrastructure.LongestFirst", "PubSub.Tests")]

namespace PubSub.Tests.Infrastructure;

/// <summary>What takes longest begins first. Begun last, it would go on with nothing beside it while cores are idle.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        typeof(LinesAreCut).FullName!,
        SharedRedis.Name,
        typeof(KafkaMeetsThePushLogSpec).FullName!,
        typeof(AcceptedJobsSurviveKills).FullName!,
        typeof(ProcessesDie).FullName!,
        typeof(OneOrderForEverybody).FullName!,
        typeof(RedisForgets).FullName!,
        typeof(OthersAreOutOfReach).FullName!,
        AppHostGraph.Name,
        typeof(RegistrationsSurviveEtcd).FullName!,
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(Rank);

    // A class without a collection of its own is one, named after the class.
    private static int Rank(ITestCollection collection)
    {
        var rank = Array.FindIndex(Longest, name => collection.DisplayName.EndsWith(name, StringComparison.Ordinal));
        return rank < 0 ? Longest.Length : rank;
    }
}
