using System.Runtime.CompilerServices;
using Xunit.Sdk;

namespace PubSub.Tests.Wire.Grpc.Hostile;

/// <summary>The negative control of the hostile cases: what they look for would be seen.</summary>
[Collection(AloneInTheProcess.Name)]
public sealed class AnUnobservedExceptionIsFound
{
    [Fact]
    public void When_a_task_fails_and_nobody_looks()
    {
        using var unobserved = new UnobservedExceptions();
        FailUnseen();

        Assert.Throws<EmptyException>(unobserved.AssertNone);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FailUnseen() => Task.FromException(new IOException("nobody looks"));
}
