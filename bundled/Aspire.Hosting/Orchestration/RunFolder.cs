using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// Where volumes and logs lie. A run with fixed ports is the one that a person works with: its data stays, in .data beside
/// the app host. Runs with random ports stand side by side: each has a folder of its own, which goes with it.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private readonly string _root;
    private readonly PassingFolder? _passing;

    public RunFolder(IConfiguration configuration, string appHostDirectory)
    {
        if (Ports.AreRandom(configuration))
        {
            PassingFolder.RemoveAbandoned(Path.GetTempPath());
            _passing = PassingFolder.Create(Path.GetTempPath());
        }

        _root = _passing?.Path ?? Path.Combine(appHostDirectory, ".data");
    }

    public string Volume(string name) => Directory.CreateDirectory(Path.Combine(_root, "volumes", name)).FullName;

    public string LogFile(string resource) =>
        Path.Combine(Directory.CreateDirectory(Path.Combine(_root, "logs")).FullName, resource + ".log");

    public void Dispose() => _passing?.Dispose();
}
