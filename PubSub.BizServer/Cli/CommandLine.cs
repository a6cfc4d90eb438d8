using System.CommandLine;
using System.Globalization;
using PubSub.Membership;

namespace PubSub.BizServer.Cli;

/// <summary>What all commands have in common: 2 is the exit code of a command that itself is wrong.</summary>
internal static class CommandLine
{
    public const int Misused = 2;

    /// <summary>Whether one of these actions is asked for.</summary>
    public static bool AsksFor(string[] args, params string[] actions)
    {
        var place = Array.IndexOf(args, "--action");
        return (place >= 0 && place + 1 < args.Length && actions.Contains(args[place + 1], StringComparer.Ordinal))
            || actions.Any(action => args.Contains("--action=" + action, StringComparer.Ordinal));
    }

    /// <summary>Shows the help, or runs the command if it is right, or says what is wrong with it.</summary>
    /// <param name="root">The command.</param>
    /// <param name="args">What was typed.</param>
    /// <param name="check">Adds what is wrong with the values, or makes of them what the command needs.</param>
    /// <param name="run">Gives the exit code.</param>
    /// <param name="output">For results.</param>
    /// <param name="errors">For everything else.</param>
    public static async Task<int> RunAsync<T>(
        RootCommand root, string[] args, Func<ParseResult, List<string>, T> check, Func<ParseResult, T, Task<int>> run,
        TextWriter output, TextWriter errors)
    {
        var parsed = root.Parse(args);
        if (parsed.Action is not null && parsed.Errors.Count == 0)
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = errors });

        var faults = parsed.Errors.Select(error => error.Message).ToList();
        if (faults.Count == 0)
        {
            var arguments = check(parsed, faults);
            if (faults.Count == 0)
                return await run(parsed, arguments);
        }

        foreach (var fault in faults)
            await errors.WriteLineAsync(fault);
        await errors.WriteLineAsync("--help shows all options.");
        return Misused;
    }

    /// <summary>The push manager that <c>--url</c> names; where it names none, that is a fault.</summary>
    public static Uri? CheckUrl(string text, List<string> faults)
    {
        var address = ServiceAddress.Parse(text);
        if (address is null)
            faults.Add($"--url {text}: give host:port or http://host:port of a push manager's gRPC door.");
        return address;
    }

    /// <param name="milliseconds">Unix time.</param>
    public static string Time(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
