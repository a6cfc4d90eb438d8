using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Publishing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public class DistributedApplication(IHost host) : IHost, IAsyncDisposable
{
    private Task? _stop;

    public IServiceProvider Services => host.Services;

    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    /// <summary>Set where a test runs the program that made this application; the test then starts and stops it.</summary>
    internal EntryPointRun? EntryPoint { get; init; }

    private Orchestrator Orchestrator => Services.GetRequiredService<Orchestrator>();

    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder([]);

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => new DistributedApplicationBuilder(args);

    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) =>
        new DistributedApplicationBuilder(options);

    public void Run() => RunAsync().GetAwaiter().GetResult();

    /// <summary>
    /// Runs until it is asked to stop. What a person can put right ends with one message and exit code 1, without a
    /// stack trace.
    /// </summary>
    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (EntryPoint is { } entryPoint)
        {
            await entryPoint.Ended;
            return;
        }

        var screen = new Screen(Console.Out, Console.Error);
        try
        {
            if (Services.GetRequiredService<DistributedApplicationExecutionContext>().IsPublishMode)
                screen.Say($"Manifest written: {await PublishAsync(cancellationToken)}");
            else
                await RunAsync(screen, cancellationToken);
        }
        catch (DistributedApplicationException e)
        {
            screen.Complain(e.Message);
            Environment.ExitCode = 1;
        }
        finally
        {
            await DisposeAsync();
        }
    }

    public virtual async Task StartAsync(CancellationToken cancellationToken = default)
    {
        var model = Services.GetRequiredService<DistributedApplicationModel>();
        await Services.GetRequiredService<IDistributedApplicationEventing>()
            .PublishAsync(new BeforeStartEvent(Services, model), cancellationToken);
        await Orchestrator.PrepareAsync(cancellationToken);
        await host.StartAsync(cancellationToken);
        Orchestrator.Start();
    }

    public virtual Task StopAsync(CancellationToken cancellationToken = default) => _stop ??= StopOnceAsync(cancellationToken);

    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        else
            host.Dispose();
        EntryPoint?.End();
        GC.SuppressFinalize(this);
    }

    private async Task RunAsync(Screen screen, CancellationToken cancellationToken)
    {
        var lifetime = Services.GetRequiredService<IHostApplicationLifetime>();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, cancellationToken);
        Orchestrator.Screen = screen;
        await StartAsync(stopping.Token);
        try
        {
            await Orchestrator.WaitUntilHealthyAsync(stopping.Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            screen.Say("Stopping ...");
        }
    }

    private Task<string> PublishAsync(CancellationToken cancellationToken) => ManifestPublisher.PublishAsync(
        Services.GetRequiredService<DistributedApplicationModel>(),
        Services.GetRequiredService<DistributedApplicationExecutionContext>(),
        Services.GetRequiredService<IConfiguration>()["Publishing:OutputPath"],
        cancellationToken);

    private async Task StopOnceAsync(CancellationToken cancellationToken)
    {
        await Orchestrator.DisposeAsync();
        await host.StopAsync(cancellationToken);
    }
}
