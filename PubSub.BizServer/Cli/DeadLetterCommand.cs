using System.CommandLine;
using Microsoft.Extensions.Options;
using PubSub.BizServer.PushLog;

namespace PubSub.BizServer.Cli;

/// <summary>
/// The dead letters of the push log on the command line: 0 when it is done, 1 when it is not, 2 when the command itself
/// is wrong. Where the push log is, the settings of the server say.
/// </summary>
internal sealed class DeadLetterCommand
{
    public const string List = "dead-letters";
    public const string Replay = "replay-dead-letters";

    private const int Done = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    private readonly Option<string> _action = new("--action") { Description = $"{List} shows them, {Replay} puts them back into the push log.", HelpName = "action", Required = true };
    private readonly Option<string?> _id = new("--message-id") { Description = "Only the message with this id.", HelpName = "id" };
    private readonly Option<bool> _all = new("--all") { Description = $"With {Replay}: all of them." };
    private readonly Option<int> _limit = new("--limit") { Description = "How many at most, the oldest first.", HelpName = "n", DefaultValueFactory = _ => 1000 };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object for each on standard output." };
    private readonly RootCommand _root = new("Shows and replays the jobs that no worker could publish.");

    private DeadLetterCommand()
    {
        foreach (var option in new Option[] { _action, _id, _all, _limit, _json })
            _root.Options.Add(option);
    }

    public static bool IsMeant(string[] args)
    {
        var place = Array.IndexOf(args, "--action");
        return (place >= 0 && place + 1 < args.Length && args[place + 1] is List or Replay)
            || args.Any(arg => arg is $"--action={List}" or $"--action={Replay}");
    }

    /// <param name="args">The command line.</param>
    /// <param name="open">Opens the dead letters, once the command is known to be right.</param>
    /// <param name="output">For results.</param>
    /// <param name="errors">For everything else.</param>
    public static async Task<int> RunAsync(string[] args, Func<IDeadLetters> open, TextWriter output, TextWriter errors)
    {
        var command = new DeadLetterCommand();
        var parsed = command._root.Parse(args);
        if (parsed.Action is not null && parsed.Errors.Count == 0)
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = errors });
        if (command.Faults(parsed) is { Count: > 0 } faults)
        {
            foreach (var fault in faults)
                await errors.WriteLineAsync(fault);
            await errors.WriteLineAsync("--help shows all options.");
            return Misused;
        }

        try
        {
            return await command.RunAsync(parsed, open(), new DeadLetterReport(output, errors, parsed.GetValue(command._json)));
        }
        catch (PushLogAwayException away)
        {
            await errors.WriteLineAsync(away.Message);
            return Failed;
        }
        catch (OptionsValidationException wrong)
        {
            foreach (var fault in wrong.Failures)
                await errors.WriteLineAsync(fault);
            return Misused;
        }
    }

    private async Task<int> RunAsync(ParseResult parsed, IDeadLetters letters, DeadLetterReport report)
    {
        var (id, limit) = (parsed.GetValue(_id), parsed.GetValue(_limit));
        var found = await letters.ListAsync(limit, CancellationToken.None);
        if (id is not null)
            found = [.. found.Where(letter => letter.Job?.MessageId == id)];

        if (parsed.GetValue(_action) == List)
        {
            report.List(found);
            return Done;
        }

        var replayed = 0;
        foreach (var letter in found)
        {
            var isThere = await letters.ReplayAsync(letter, CancellationToken.None);
            report.Replayed(letter, isThere);
            replayed += isThere ? 1 : 0;
        }

        report.Summary(replayed, found.Count, id);
        return replayed == found.Count && (id is null || replayed > 0) ? Done : Failed;
    }

    private List<string> Faults(ParseResult parsed)
    {
        var faults = parsed.Errors.Select(error => error.Message).ToList();
        if (faults.Count > 0)
            return faults;
        var (isReplay, id, all) = (parsed.GetValue(_action) == Replay, parsed.GetValue(_id), parsed.GetValue(_all));
        if (isReplay && id is null == !all)
            faults.Add($"{Replay}: give --message-id or --all.");
        if (!isReplay && all)
            faults.Add($"--all goes with {Replay}.");
        if (parsed.GetValue(_limit) is < 1 or > 100_000)
            faults.Add($"--limit {parsed.GetValue(_limit)}: give 1 to 100000.");
        return faults;
    }
}
