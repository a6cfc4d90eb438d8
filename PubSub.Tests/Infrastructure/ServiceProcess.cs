using System.Globalization;
using System.Text.RegularExpressions;
using PubSub.LocalTools;

namespace PubSub.Tests.Infrastructure;

/// <summary>One of our services as a real process, built in the configuration of the tests.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    // A process that has just started answers late on a machine that does ten things at once.
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>A cluster starts many processes at the same moment.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly BackingProcess _process;
    private readonly string _project;
    private readonly string[] _arguments;

    private ServiceProcess(string project, string name, IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        Name = name;
        MetricsPort = FreePort.Next();
        _project = project;
        _arguments = arguments;
        _process = new BackingProcess(Dotnet(environment, MetricsPort), name);
    }

    public string Name { get; }

    public int MetricsPort { get; }

    public int ProcessId => _process.Id;

    public string Output => _process.Output;

    public bool HasExited => _process.HasExited;

    public static async Task<ServiceProcess> StartAsync(
        string project, string name, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var service = new ServiceProcess(project, name, environment, arguments);
        try
        {
            await service.StartProcessAsync();
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc cref="BackingProcess.Kill"/>
    public void Kill() => _process.Kill();

    /// <inheritdoc cref="BackingProcess.Pause"/>
    public void Pause() => _process.Pause();

    /// <inheritdoc cref="BackingProcess.Resume"/>
    public void Resume() => _process.Resume();

    /// <summary>Starts it again with the same settings; kills it first if it still runs.</summary>
    public Task RestartAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        return StartProcessAsync();
    }

    public Task<string> MetricsAsync() => Http.GetStringAsync($"http://127.0.0.1:{MetricsPort}/metrics");

    /// <summary>The sum of a metric's samples over all labels; 0 where it does not exist.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var samples = Regex.Matches(
            await MetricsAsync(), $@"^{Regex.Escape(name)}(?:\{{[^}}]*\}})? (\S+)", RegexOptions.Multiline);
        return samples.Sum(sample => double.Parse(sample.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private Task StartProcessAsync() => _process.StartAsync([Assembly(_project), .. _arguments], IsReadyAsync, Patience);

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await Http.GetAsync($"http://127.0.0.1:{MetricsPort}/health");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static ToolCommand Dotnet(IReadOnlyDictionary<string, string> environment, int metricsPort) =>
        new(
            Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet",
            [],
            new Dictionary<string, string>(environment)
            {
                ["METRICS_PORT"] = metricsPort.ToString(CultureInfo.InvariantCulture),
            },
            "the SDK that runs the tests");

    // The tests' own output folder has the services too, but with the tests' dependencies beside them.
    private static string Assembly(string project)
    {
        var output = Path.GetRelativePath(
            Path.Combine(Repository.Root, "PubSub.Tests"), AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(Repository.Root, project, output, project + ".dll");
    }
}
