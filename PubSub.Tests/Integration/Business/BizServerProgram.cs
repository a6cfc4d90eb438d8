using System.Diagnostics;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Integration.Business;

/// <param name="ExitCode">0, 1 or 2.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error.</param>
internal sealed record ProgramResult(int ExitCode, string Output, string Errors)
{
    public string[] OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] ErrorLines => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The command line of BizServer as its users run it: as a process.</summary>
internal static class BizServerProgram
{
    public static Task<ProgramResult> RunAsync(string input, params string[] arguments) =>
        RunAsync(input, new Dictionary<string, string>(), arguments);

    public static async Task<ProgramResult> RunAsync(string input, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var output = Path.GetRelativePath(Path.Combine(Repository.Root, "PubSub.Tests"), AppContext.BaseDirectory.TrimEnd('/'));
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Repository.Root, "PubSub.BizServer", output, "PubSub.BizServer.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var standardOutput = process.StandardOutput.ReadToEndAsync();
        var standardError = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await Wait.ForAsync(process.WaitForExitAsync(), "the command to end", TimeSpan.FromSeconds(60));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }

        return new ProgramResult(process.ExitCode, await standardOutput, await standardError);
    }
}
