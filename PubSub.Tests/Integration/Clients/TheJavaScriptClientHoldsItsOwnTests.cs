using PubSub.LocalTools;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Clients;

/// <summary>clients/js: its unit tests on Node, and its types by the compiler of TypeScript.</summary>
public sealed class TheJavaScriptClientHoldsItsOwnTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static string Folder => Path.Combine(Repository.Root, "clients", "js");

    [Fact]
    public async Task Its_unit_tests_pass() => await RunAsync("--test", Path.Combine(Folder, "test", "client.test.js"));

    [Fact]
    public async Task Its_types_are_sound()
    {
        var modules = await NpmModules.InstalledAsync("js-client", Folder);

        await RunAsync(Path.Combine(modules, "typescript", "bin", "tsc"), "-p", Path.Combine(Folder, "tsconfig.json"));
    }

    [Fact]
    public void It_depends_on_nothing() =>
        Assert.DoesNotContain("\"dependencies\"", File.ReadAllText(Path.Combine(Folder, "package.json")), StringComparison.Ordinal);

    private static async Task RunAsync(params string[] arguments)
    {
        var node = await LocalTool.NodeJs.LocateAsync();
        var start = node.StartInfo(arguments);
        start.WorkingDirectory = Folder;
        using var patience = new CancellationTokenSource(Patience);
        var run = await ProgramRun.OfAsync(start, patience.Token);
        Assert.True(run.Succeeded, run.Output + run.Errors);
    }
}
