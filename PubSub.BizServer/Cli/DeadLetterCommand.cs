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

    public static bool IsMeant(string[] args) => CommandLine.AsksFor(args, List, Replay);

    /// <param name="args">The command line.</param>
    /// <param name="open">Opens the dead letters, once the command is known to be right.</param>
    /// <param name="output">For results.</param>
    /// <param name="errors">For everything else.</param>
    public static Task<int> RunAsync(string[] args, Func<IDeadLetters> open, TextWriter output, TextWriter errors)
    {
        var command = new DeadLetterCommand();
        return CommandLine.RunAsync(
            command._root, args, command.Check,
            (parsed, choice) => RunAsync(choice, open, new DeadLetterReport(output, errors, parsed.GetValue(command._json)), errors), output, errors);
    }

    private static async Task<int> RunAsync(Choice choice, Func<IDeadLetters> open, DeadLetterReport report, TextWriter errors)
    {
        try
        {
            return await RunAsync(choice, open(), report);
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
            return CommandLine.Misused;
        }
    }

    private static async Task<int> RunAsync(Choice choice, IDeadLetters letters, DeadLetterReport report)
    {
        var found = await letters.ListAsync(choice.Limit, CancellationToken.None);
        if (choice.Id is not null)
            found = [.. found.Where(letter => letter.Job?.MessageId == choice.Id)];

        if (!choice.IsReplay)
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

        report.Summary(replayed, found.Count, choice.Id);
        return replayed == found.Count && (choice.Id is null || replayed > 0) ? Done : Failed;
    }

    private Choice Check(ParseResult parsed, List<string> faults)
    {
        var choice = new Choice(parsed.GetValue(_action) == Replay, parsed.GetValue(_id), parsed.GetValue(_limit));
        var all = parsed.GetValue(_all);
        if (choice.IsReplay && choice.Id is null == !all)
            faults.Add($"{Replay}: give --message-id or --all.");
        if (!choice.IsReplay && all)
            faults.Add($"--all goes with {Replay}.");
        if (choice.Limit is < 1 or > 100_000)
            faults.Add($"--limit {choice.Limit}: give 1 to 100000.");
        return choice;
    }

    /// <param name="IsReplay">Rather than to list them.</param>
    /// <param name="Id">Of one message; null: all of them.</param>
    /// <param name="Limit">At most so many.</param>
    private readonly record struct Choice(bool IsReplay, string? Id, int Limit);
}
