using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// A program whose builder a test wants. The program runs on a thread of its own, stops where it builds the application
/// until the test has changed what it wants to change, and where it would run the application it waits for the test's end.
/// </summary>
internal sealed class EntryPointRun(Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
{
    private static readonly AsyncLocal<EntryPointRun?> OfThisThread = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _builder = New<DistributedApplicationBuilder>();
    private readonly TaskCompletionSource<bool> _go = New<bool>();
    private readonly TaskCompletionSource<DistributedApplication> _built = New<DistributedApplication>();
    private readonly TaskCompletionSource<bool> _ended = New<bool>();

    public static EntryPointRun? Current => OfThisThread.Value;

    public Task<DistributedApplicationBuilder> Builder => _builder.Task;

    public Task Ended => _ended.Task;

    public void Configure(DistributedApplicationOptions options, HostApplicationBuilderSettings settings) => configure(options, settings);

    public void Start(Action entryPoint)
    {
        var thread = new Thread(() =>
        {
            OfThisThread.Value = this;
            try
            {
                entryPoint();
                Fail(new InvalidOperationException("The program ended without having built a distributed application."));
            }
            catch (Exception e)
            {
                Fail(e);
            }
        })
        { IsBackground = true, Name = "entry point of the app host" };
        thread.Start();
    }

    /// <summary>Called by the program's thread; returns when the test wants the application.</summary>
    public void WaitForBuild(DistributedApplicationBuilder builder)
    {
        _builder.TrySetResult(builder);
        if (!_go.Task.GetAwaiter().GetResult())
            throw new OperationCanceledException("The test ended before it built the application.");
    }

    public void Built(DistributedApplication application) => _built.TrySetResult(application);

    public Task<DistributedApplication> BuildAsync()
    {
        _go.TrySetResult(true);
        return _built.Task;
    }

    public void End()
    {
        _go.TrySetResult(false);
        _ended.TrySetResult(true);
    }

    private void Fail(Exception reason)
    {
        _builder.TrySetException(reason);
        _built.TrySetException(reason);
        // Nobody may be waiting for either any more; that is no reason to complain.
        _ = _builder.Task.Exception;
        _ = _built.Task.Exception;
    }

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
