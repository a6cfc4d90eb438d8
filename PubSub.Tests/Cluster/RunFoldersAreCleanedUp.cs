using Aspire.Hosting.Orchestration;

namespace PubSub.Tests.Cluster;

public sealed class RunFoldersAreCleanedUp : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("pubsub-folders-").FullName;

    [Fact]
    public void Of_runs_that_were_killed_and_of_no_other()
    {
        using var living = PassingFolder.Create(_parent);
        var killed = Directory.CreateDirectory(Path.Combine(_parent, "apphost-killed", "volumes")).Parent!.FullName;
        File.WriteAllText(Path.Combine(killed, ".lock"), "");
        var others = Directory.CreateDirectory(Path.Combine(_parent, "apphost-of-somebody-else")).FullName;

        PassingFolder.RemoveAbandoned(_parent);

        Assert.Equal(new[] { living.Path, others }.Order(), Directory.GetDirectories(_parent).Order());
        Assert.False(Directory.Exists(killed));
    }

    [Fact]
    public void Of_a_run_that_ends()
    {
        PassingFolder.Create(_parent).Dispose();

        Assert.Empty(Directory.GetDirectories(_parent));
    }

    public void Dispose() => Directory.Delete(_parent, recursive: true);
}
