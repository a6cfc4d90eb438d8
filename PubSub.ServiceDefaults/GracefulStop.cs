using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace PubSub.ServiceDefaults;

internal sealed class StopOptions
{
    public const string Section = "Stop";

    [Setting("STOP_TIMEOUT_SECONDS", "Seconds from the stop signal until what still runs is cut off"), Range(1, 3600)]
    public int TimeoutSeconds { get; set; } = 20;

    [Setting("STOP_DELAY_SECONDS", "Seconds of that in which the doors stay open while /health already says no, for load balancers that poll"), Range(0, 600)]
    public int DelaySeconds { get; set; }

    public IEnumerable<string> Faults() => DelaySeconds < TimeoutSeconds
        ? []
        : [$"STOP_DELAY_SECONDS = {DelaySeconds} leaves no time of STOP_TIMEOUT_SECONDS = {TimeoutSeconds} to finish in"];
}

/// <summary>
/// The way down. SIGTERM or SIGINT: /health turns unhealthy, after the delay the doors close, what is in flight
/// finishes, exit code 0. The host asks its parts to stop but would wait for ever for one that does not listen, so a
/// wall stands behind its time-out. A second SIGINT ends the process at once.
/// </summary>
internal sealed partial class GracefulStop : IHostedLifecycleService, IDisposable
{
    private const int InterruptedTwice = 130;

    // What the host itself needs to cut connections and flush telemetry after its own time-out.
    private static readonly TimeSpan Wall = TimeSpan.FromSeconds(5);

    private readonly StopOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _time;
    private readonly ILogger<GracefulStop> _logger;
    private CancellationTokenRegistration _onStopping;
    private PosixSignalRegistration? _interrupts;
    private ITimer? _wall;
    private int _interruptCount;

    public GracefulStop(
        IOptions<StopOptions> options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<GracefulStop> logger)
    {
        _options = options.Value;
        _lifetime = lifetime;
        _time = time;
        _logger = logger;
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _interrupts = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt);
        _onStopping = _lifetime.ApplicationStopping.Register(OnStopping);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs before any door closes.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (_options.DelaySeconds > 0)
        {
            LogDelay(_options.DelaySeconds);
            await Task.Delay(TimeSpan.FromSeconds(_options.DelaySeconds), _time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _onStopping.Dispose();
        _interrupts?.Dispose();
        _wall?.Dispose();
    }

    private void OnStopping()
    {
        LogStopping(_options.TimeoutSeconds);
        var wall = TimeSpan.FromSeconds(_options.TimeoutSeconds) + Wall;
        _wall = _time.CreateTimer(_ => CutOff(), null, wall, Timeout.InfiniteTimeSpan);
    }

    private void CutOff()
    {
        LogCutOff(_options.TimeoutSeconds);
        Environment.Exit(0);
    }

    private void OnInterrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _interruptCount) > 1)
            Environment.Exit(InterruptedTwice);
    }
}
