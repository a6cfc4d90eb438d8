using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// One resource over all its starts. A loop waits until the resource is wanted and what it depends on is healthy, starts
/// it and sees it end. Ended although wanted: once it was healthy it is started again, each time after a longer pause;
/// before that, it is a fault of the set-up, which a person has to look at, and ends the whole start.
/// </summary>
internal sealed class ResourceRun : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RunsWell = TimeSpan.FromMinutes(1);

    private readonly RunServices _services;
    private readonly bool _startsByItself;
    private readonly ResourceHealth _health;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly SemaphoreSlim _commands = new(1);
    private readonly CancellationTokenSource _ends = new();
    private volatile bool _wanted;
    private volatile ResourceProcess? _process;
    private TaskCompletionSource<bool> _idle = NewIdle(isIdle: true);
    private Task _loop = Task.CompletedTask;

    public ResourceRun(IResource resource, RunServices services)
    {
        Resource = resource;
        _services = services;
        _startsByItself = !resource.HasAnnotationOfType<ExplicitStartupAnnotation>();
        Log = services.Logs.Of(resource.Name);
        State = new ResourceState(resource, services.Notifications);
        Dependencies = new Dependencies(resource, services.Notifications);
        _health = new ResourceHealth(resource, State, services);
    }

    public IResource Resource { get; }

    public ConsoleLog Log { get; }

    public ResourceState State { get; }

    public Dependencies Dependencies { get; }

    public LaunchPlan? Plan { get; private set; }

    public int? ProcessId => _process?.Id;

    public int Restarts { get; private set; }

    public bool IsWanted => _wanted;

    public void Start()
    {
        State.Change(now => now);
        _loop = Task.Run(() => RunAsync(_ends.Token));
        if (_startsByItself)
            Want();
    }

    public async Task<string?> CommandAsync(string command, CancellationToken cancellationToken)
    {
        await _commands.WaitAsync(cancellationToken);
        try
        {
            if (command != KnownResourceCommands.StartCommand && !_wanted)
                return $"'{Resource.Name}' does not run.";
            if (command == KnownResourceCommands.StartCommand && _wanted)
                return $"'{Resource.Name}' runs already.";
            if (command != KnownResourceCommands.StartCommand)
                await StopProcessAsync();
            if (command != KnownResourceCommands.StopCommand)
                Want();
            return null;
        }
        finally
        {
            _commands.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Nothing to end gracefully: then whatever prepares the start, such as a download, need not finish.
        if (_process is null)
            await _ends.CancelAsync();
        await StopProcessAsync();
        await _ends.CancelAsync();
        await _loop;
        _ends.Dispose();
    }

    private void Want()
    {
        Volatile.Write(ref _idle, NewIdle(isIdle: false));
        _wanted = true;
        _wake.Release();
    }

    private async Task StopProcessAsync()
    {
        if (!_wanted)
            return;
        _wanted = false;
        _wake.Release();
        if (_process is { } process)
        {
            State.Change(now => now with { State = KnownResourceStates.Stopping });
            await process.StopAsync(StopPatience);
        }

        await Volatile.Read(ref _idle).Task;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var crashes = 0;
        try
        {
            while (true)
            {
                while (!_wanted)
                    await _wake.WaitAsync(cancellationToken);

                var began = _services.Time.GetTimestamp();
                var fault = await OnceAsync(cancellationToken);
                crashes = _services.Time.GetElapsedTime(began) > RunsWell ? 0 : crashes + 1;
                if (!_wanted)
                    Idle(KnownResourceStates.Exited);
                else if (!_health.WasHealthy)
                    Fail(fault);
                else
                    await PauseAsync(fault, crashes, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Idle(KnownResourceStates.Exited);
        }
    }

    /// <summary>One start, from waiting for others to the end.</summary>
    /// <returns>What to say of an end that nobody asked for.</returns>
    private async Task<string> OnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Dependencies.Any)
                State.Change(now => now with { State = KnownResourceStates.Waiting });
            await Dependencies.WaitAsync(() => _wanted, _wake, cancellationToken);
            State.Change(now => now with { State = KnownResourceStates.Starting, ExitCode = null, StopTimeStamp = null });
            await _services.Eventing.PublishAsync(
                new BeforeResourceStartedEvent(Resource, _services.Services), cancellationToken);
            Plan = await _services.Launcher.PlanAsync(Resource, _services.Progress, cancellationToken);
            if (!_wanted)
                return "";
            if (Plan.Start is not null)
                return await RunProcessAsync(Plan, cancellationToken);

            State.Change(now => now with { State = KnownResourceStates.Running, HealthStatus = HealthStatus.Healthy });
            _health.Assume();
            while (_wanted)
                await _wake.WaitAsync(cancellationToken);
            return "";
        }
        catch (DistributedApplicationException e)
        {
            return e.Message;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One resource's trouble, whatever it is, must be told and must not end the others.
            return $"{Resource.Name} cannot be started: {e.Message}";
        }
    }

    private async Task<string> RunProcessAsync(LaunchPlan plan, CancellationToken cancellationToken)
    {
        using var process = ResourceProcess.Start(plan, Log);
        _process = process;
        // A stop that came between the question and the start found no process to end.
        if (!_wanted)
            await process.StopAsync(StopPatience);
        State.Change(now => now with
        {
            State = KnownResourceStates.Running,
            StartTimeStamp = _services.Time.GetUtcNow().UtcDateTime,
            EnvironmentVariables = [.. plan.Variables.Select(one => new EnvironmentVariableSnapshot(one.Name, one.Value, true))],
        });

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = _health.WatchAsync(process, late => late.StopAsync(StopPatience), ended.Token);
        await process.Exited;
        await ended.CancelAsync();
        var unhealthy = await watch;
        _process = null;
        State.Change(now => now with
        {
            ExitCode = process.ExitCode,
            StopTimeStamp = _services.Time.GetUtcNow().UtcDateTime,
            HealthStatus = null,
        });
        return unhealthy ?? $"{Resource.Name} ended with exit code {process.ExitCode}";
    }

    private async Task PauseAsync(string fault, int crashes, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, crashes - 1), LongestPause.TotalSeconds));
        Restarts++;
        _health.IsAwaited = true;
        var line = $"{fault}; starting it again in {pause.TotalSeconds:0} s.";
        Log.Add(line, isError: true);
        _services.Progress.Report(line);
        State.Change(now => now with { State = KnownResourceStates.Exited });

        // Calls that came while there was nobody to wake would end the pause at once.
        while (_wake.CurrentCount > 0)
            await _wake.WaitAsync(cancellationToken);
        if (_wanted)
            await _wake.WaitAsync(pause, cancellationToken);
        if (!_wanted)
            Idle(KnownResourceStates.Exited);
    }

    private void Fail(string fault)
    {
        _wanted = false;
        Log.Add(fault, isError: true);
        var printed = Log.Last(12).SkipLast(1).Select(line => "    " + line).ToArray();
        Idle(KnownResourceStates.FailedToStart);
        _services.OnFailed(printed.Length == 0 ? fault
            : string.Join(Environment.NewLine, [$"{fault}. Its last lines:", .. printed, $"All of them: {Log.File}"]));
    }

    private void Idle(string state)
    {
        State.Change(now => now with { State = state, HealthStatus = null });
        Volatile.Read(ref _idle).TrySetResult(true);
    }

    private static TaskCompletionSource<bool> NewIdle(bool isIdle)
    {
        var idle = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (isIdle)
            idle.SetResult(true);
        return idle;
    }
}
