using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PubSub.Bench.Publishing;

/// <summary>
/// Blocks a thread until a moment, to within some 0.1 ms. The runtime's timers count whole milliseconds, and would add
/// one to every latency that counts from the moment at which a message was due.
/// </summary>
internal static partial class Pause
{
    public static void Until(long timestamp)
    {
        var rest = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
        if (rest <= TimeSpan.Zero)
            return;
        var wanted = new Timespec((nint)(long)rest.TotalSeconds, (nint)(rest.Ticks % TimeSpan.TicksPerSecond * 100));
        // Woken early by a signal: the caller looks at the clock again.
        _ = nanosleep(in wanted, 0);
    }

    private readonly record struct Timespec(nint Seconds, nint Nanoseconds);

#pragma warning disable IDE1006 // The name is libc's.
    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int nanosleep(in Timespec wanted, nint rest);
#pragma warning restore IDE1006
}
