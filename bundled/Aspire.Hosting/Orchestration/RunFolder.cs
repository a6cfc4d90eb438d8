using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Where volumes and logs lie. A run with fixed ports is the one that a person works with: its data stays, in .data beside
/// the app host. Runs with random ports stand side by side: each has a folder of its own, which goes with it.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private readonly string _root;
    private readonly bool _passing;

    public RunFolder(IConfiguration configuration, string appHostDirectory)
    {
        _passing = Ports.AreRandom(configuration);
        _root = _passing
            ? Directory.CreateTempSubdirectory("apphost-").FullName
            : Path.Combine(appHostDirectory, ".data");
    }

    public string Volume(string name) => Directory.CreateDirectory(Path.Combine(_root, "volumes", name)).FullName;

    public string LogFile(string resource) =>
        Path.Combine(Directory.CreateDirectory(Path.Combine(_root, "logs")).FullName, resource + ".log");

    public void Dispose()
    {
        if (_passing && Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }
}
