using System.Collections.Concurrent;

namespace PubSub.Tests.Wire.Grpc.Hostile;

/// <summary>Hears of tasks that failed without anybody looking. Others' leftovers are swept out before it listens.</summary>
internal sealed class UnobservedExceptions : IDisposable
{
    private readonly ConcurrentQueue<AggregateException> _seen = new();

    public UnobservedExceptions()
    {
        Sweep();
        TaskScheduler.UnobservedTaskException += OnUnobserved;
    }

    public void AssertNone()
    {
        Sweep();
        Assert.Empty(_seen);
    }

    public void Dispose() => TaskScheduler.UnobservedTaskException -= OnUnobserved;

    // A task tells of its exception when it is finalized, and what only it kept alive is found by the next round.
    private static void Sweep()
    {
        for (var round = 0; round < 3; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs e) => _seen.Enqueue(e.Exception);
}

/// <summary>Unobserved exceptions are an event of the whole process, so these tests run while no others do.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneInTheProcess
{
    public const string Name = "alone in the process";
}
