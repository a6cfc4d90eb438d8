using System.Reflection;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>Runs an app host's program up to where it builds its application, with random ports and without a dashboard.</summary>
public static class DistributedApplicationTestingBuilder
{
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => RunAsync(typeof(TEntryPoint), [], cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => RunAsync(typeof(TEntryPoint), args, cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args,
        Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder,
        CancellationToken cancellationToken = default)
        where TEntryPoint : class => RunAsync(typeof(TEntryPoint), args, cancellationToken, configureBuilder);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(
        Type entryPoint, CancellationToken cancellationToken = default) => RunAsync(entryPoint, [], cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(
        Type entryPoint, string[] args, CancellationToken cancellationToken = default) => RunAsync(entryPoint, args, cancellationToken);

    private static async Task<IDistributedApplicationTestingBuilder> RunAsync(
        Type entryPoint, string[] args, CancellationToken cancellationToken,
        Action<DistributedApplicationOptions, HostApplicationBuilderSettings>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(entryPoint);
        ArgumentNullException.ThrowIfNull(args);
        var assembly = entryPoint.Assembly;
        var program = assembly.EntryPoint
            ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no entry point, so it is no app host.");
        var run = new EntryPointRun((options, settings) =>
        {
            options.AssemblyName = assembly.GetName().Name;
            options.DisableDashboard = true;
            options.Args = [$"--{Ports.RandomKey}=true", .. options.Args ?? [], .. args];
            configure?.Invoke(options, settings);
        });
        run.Start(() => Invoke(program));
        return new TestingBuilder(await run.Builder.WaitAsync(cancellationToken), run);
    }

    private static void Invoke(MethodInfo program)
    {
        object?[] arguments = program.GetParameters().Length == 0 ? [] : [Array.Empty<string>()];
        program.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);
    }
}
