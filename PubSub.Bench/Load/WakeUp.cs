using System.Diagnostics;
using System.IO.Pipes;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Load;

/// <summary>
/// How long this machine takes to wake a sleeping thread and to be woken by it, through two pipes. A push passes some
/// twenty such hand-overs, so a latency says little without it: on a shared machine it changes threefold within an hour.
/// </summary>
internal static class WakeUp
{
    private const int Rounds = 100;
    private const int RestMilliseconds = 5;

    public static TimeSpan Median()
    {
        using var there = new AnonymousPipeServerStream(PipeDirection.Out);
        using var thereEnd = new AnonymousPipeClientStream(PipeDirection.In, there.ClientSafePipeHandle);
        using var back = new AnonymousPipeServerStream(PipeDirection.Out);
        using var backEnd = new AnonymousPipeClientStream(PipeDirection.In, back.ClientSafePipeHandle);
        var other = new Thread(() =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                _ = thereEnd.ReadByte();
                back.WriteByte(1);
            }
        });
        other.Start();
        var times = new TimeSpan[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            Pause.Until(Stopwatch.GetTimestamp() + (Stopwatch.Frequency * RestMilliseconds / 1000));
            var started = Stopwatch.GetTimestamp();
            there.WriteByte(1);
            _ = backEnd.ReadByte();
            times[i] = Stopwatch.GetElapsedTime(started);
        }

        other.Join();
        Array.Sort(times);
        return times[Rounds / 2];
    }
}
