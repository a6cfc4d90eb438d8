using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PubSub.ConnectNode.Delivery;

/// <summary>
/// Asks the processor for an object that will be used in a moment. A fan-out follows the same few references for each of
/// thousands of sessions, none of them in the cache any more; waiting for memory was what it did most outside the kernel.
/// </summary>
internal static class Prefetch
{
    private const int CacheLine = 64;

    /// <summary>Its first two lines. Only a hint: where the collector moves the object meanwhile, nothing was gained.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Object<T>(T target)
        where T : class
    {
        if (!Sse.IsSupported)
            return;
        var address = (byte*)Unsafe.As<T, nint>(ref target);
        Sse.Prefetch0(address);
        Sse.Prefetch0(address + CacheLine);
    }
}
