using System.Collections.Concurrent;
using System.Diagnostics;
using PubSub.LocalTools;

namespace PubSub.Tests.LocalTools;

public sealed class AProgramThatIsNotInstalledIsFetched(
    AProgramThatIsNotInstalledIsFetched.EmptyCache cache) : IClassFixture<AProgramThatIsNotInstalledIsFetched.EmptyCache>
{
    private readonly string _folder = cache.Folder;
    private readonly Lines _progress = new();

    [Fact]
    public async Task Two_processes_at_once_fetch_it_once_and_both_can_start_it()
    {
        if (!DebianPackages.Supported)
            return; // Elsewhere the message below is all there is.

        var locators = new[] { NothingInstalled(), NothingInstalled() };
        var commands = await Task.WhenAll(locators.Select(locator => locator.LocateAsync(LocalTool.Redis, _progress)));

        Assert.Single(_progress, line => line.StartsWith("Fetching redis-server", StringComparison.Ordinal));
        Assert.All(commands, command => Assert.StartsWith(_folder, command.FileName, StringComparison.Ordinal));
        await AssertAnswersAsync(commands[0]);
    }

    [Fact]
    public async Task Node_is_taken_from_a_restored_package()
    {
        var node = await NothingInstalled().LocateAsync(LocalTool.NodeJs, _progress);

        Assert.Equal("microsoft.playwright", node.Origin);
        Assert.Empty(_progress);
    }

    [Fact]
    public async Task A_half_made_tree_is_made_anew()
    {
        if (!DebianPackages.Supported)
            return;

        var tree = new ToolCache(_folder).TreeOf(LocalTool.EtcdCtl);
        Directory.CreateDirectory(Path.Combine(tree, "usr/bin"));
        await File.WriteAllTextAsync(Path.Combine(tree, "usr/bin/etcdctl"), "not a program");

        var command = await NothingInstalled().LocateAsync(LocalTool.EtcdCtl, _progress);

        using var etcdctl = Process.Start(command.StartInfo("version"))!;
        await etcdctl.WaitForExitAsync();
        Assert.Equal(0, etcdctl.ExitCode);
    }

    [Fact]
    public async Task Without_any_way_to_it_the_message_names_the_ways_out()
    {
        var unheardOf = new LocalTool("no-such-program", "PUBSUB_NO_SUCH_PROGRAM")
        {
            Packages = ["no-such-package"],
            Unpacked = ["usr/bin/no-such-program"],
        };

        var missing = await Assert.ThrowsAsync<LocalToolMissingException>(() => NothingInstalled().LocateAsync(unheardOf, _progress));

        Assert.Contains("no-such-program is not on this machine", missing.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install no-such-package", missing.Message, StringComparison.Ordinal);
        Assert.Contains("PUBSUB_NO_SUCH_PROGRAM", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cache_folder_that_cannot_be_made_is_named()
    {
        if (!DebianPackages.Supported)
            return;

        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "");
        var locator = new ToolLocator(Path.Combine(file, "cache"), useInstalled: false);

        var missing = await Assert.ThrowsAsync<LocalToolMissingException>(() => locator.LocateAsync(LocalTool.Redis, _progress));

        Assert.Contains("PUBSUB_CACHE", missing.Message, StringComparison.Ordinal);
    }

    private ToolLocator NothingInstalled() => new(_folder, useInstalled: false);

    private static async Task AssertAnswersAsync(ToolCommand command)
    {
        await using var process = new Infrastructure.BackingProcess(command, "redis");
        var port = Infrastructure.FreePort.Next();
        await process.StartAsync(["--port", $"{port}", "--save", ""], async () =>
        {
            try
            {
                using var connection = await Infrastructure.RespConnection.OpenAsync(port);
                return await connection.CommandAsync("PING") is "PONG";
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        });
    }

    /// <summary>Shared, so that the package lists come down once.</summary>
    public sealed class EmptyCache : IDisposable
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("pubsub-cache-").FullName;

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }

    private sealed class Lines : ConcurrentQueue<string>, IProgress<string>
    {
        public void Report(string value) => Enqueue(value);
    }
}
