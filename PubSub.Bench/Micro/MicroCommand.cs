using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace PubSub.Bench.Micro;

/// <summary>
/// <c>micro</c>: the small parts under BenchmarkDotNet, whose own options follow. In this process, so that it needs no
/// build of its own.
/// </summary>
internal static class MicroCommand
{
    public const string Command = "micro";

    public static int Run(string[] args)
    {
        var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
        return 0;
    }
}
