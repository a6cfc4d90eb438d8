using System.Reflection;

namespace PubSub.Tests;

/// <summary>Where the sources are, for tests that look at the tree itself.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot")
        .Value!.TrimEnd('/');
}
