namespace PubSub.Tests.Bundled;

/// <summary>
/// bundled/used-api.txt lists every member that the product calls of a bundled package, or of one that it may get in two
/// versions, so that it can be compared with the real, current packages. The list is read from the compiled product, so it
/// cannot be out of date unnoticed.
/// </summary>
public sealed class UsedApiTests
{
    private static readonly HashSet<string> Compared = [.. BundledAssemblies.Names, .. BundledAssemblies.WithTwoVersions];

    private static readonly string ListFile = Path.Combine(Repository.Root, "bundled", "used-api.txt");

    [Fact]
    public async Task The_list_names_what_the_product_uses()
    {
        var used = Used();
        if (Environment.GetEnvironmentVariable("UPDATE_USED_API") == "1")
            await File.WriteAllLinesAsync(ListFile, used);

        var listed = File.Exists(ListFile) ? await File.ReadAllLinesAsync(ListFile) : [];
        var difference = used.Except(listed).Select(line => "+ " + line)
            .Concat(listed.Except(used).Select(line => "- " + line))
            .ToArray();
        Assert.True(
            difference.Length == 0,
            "The product's use of bundled packages differs from bundled/used-api.txt. Check that the real packages have "
            + "what is new, then rewrite the list: UPDATE_USED_API=1 dotnet test PubSub.Tests --filter UsedApi\n"
            + string.Join('\n', difference));
    }

    [Theory]
    [InlineData("Grpc.Core.Api")]
    [InlineData("Confluent.Kafka")]
    [InlineData("Google.Protobuf")]
    [InlineData("StackExchange.Redis")]
    public void The_product_is_beside_the_tests_and_uses(string assembly) =>
        Assert.Contains(Used(), line => line.StartsWith(assembly + " | ", StringComparison.Ordinal));

    private static string[] Used() =>
    [
        .. Directory.GetFiles(AppContext.BaseDirectory, "PubSub.*.dll")
            .Where(file => Path.GetFileNameWithoutExtension(file) is var name && name != "PubSub.Bench" && !name.StartsWith("PubSub.Tests", StringComparison.Ordinal))
            .SelectMany(file => BundledReferences.In(file, Compared))
            .Select(reference => reference.ToString())
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];
}
