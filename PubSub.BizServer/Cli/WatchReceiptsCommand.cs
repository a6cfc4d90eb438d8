using System.CommandLine;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using PubSub.Client.Publishing;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.BizServer.Cli;

/// <summary>
/// Receipts on the command line, as they come, until Ctrl+C or as many as were asked for: 0 at the end, 1 when the watch was
/// refused, 2 when the command itself is wrong.
/// </summary>
internal sealed class WatchReceiptsCommand
{
    public const string Action = "watch-receipts";

    private const int Ended = 0;
    private const int Failed = 1;

    private readonly Option<string> _action = new("--action") { Description = $"{Action} shows who got and who read the pushes to users that had --receipts-to.", HelpName = "action", Required = true };
    private readonly Option<string> _feed = new("--feed") { Description = "The feed that the pushes named.", HelpName = "name", Required = true };
    private readonly Option<long?> _after = new("--after") { Description = "The number of the last receipt that you have; 0 begins at the oldest kept. Without it: from now on.", HelpName = "number" };
    private readonly Option<int> _count = new("--count") { Description = "End after so many; 0 goes on until Ctrl+C.", HelpName = "n" };
    private readonly Option<string> _url = new("--url") { Description = "Push managers, with commas between them (environment: PUSH_MANAGER_ADDRESS).", HelpName = "addresses", DefaultValueFactory = _ => PushCommand.DefaultUrls };
    private readonly Option<bool> _json = new("--json") { Description = "Each receipt as one JSON object." };
    private readonly RootCommand _root = new("Shows the receipts of pushes to users.");

    private WatchReceiptsCommand()
    {
        foreach (var option in new Option[] { _action, _feed, _after, _count, _url, _json })
            _root.Options.Add(option);
    }

    public static bool IsMeant(string[] args) => CommandLine.AsksFor(args, Action);

    public static Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        var command = new WatchReceiptsCommand();
        return CommandLine.RunAsync(
            command._root, args, command.Check, (parsed, addresses) => command.WatchAsync(parsed, addresses, output, errors), output, errors);
    }

    private async Task<int> WatchAsync(ParseResult parsed, List<Uri> addresses, TextWriter output, TextWriter errors)
    {
        using var interrupt = new Interrupt();
        try
        {
            using var publisher = new PushPublisher(addresses);
            await WatchAsync(parsed, publisher, output, interrupt.Token);
            return Ended;
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            return Ended;
        }
        catch (RpcException refusal)
        {
            await errors.WriteLineAsync($"{refusal.StatusCode}: {refusal.Status.Detail}");
            return Failed;
        }
    }

    private async Task WatchAsync(ParseResult parsed, PushPublisher publisher, TextWriter output, CancellationToken cancellationToken)
    {
        var left = parsed.GetValue(_count);
        await foreach (var receipt in publisher.WatchReceiptsAsync(parsed.GetValue(_feed)!, parsed.GetValue(_after), cancellationToken))
        {
            await output.WriteLineAsync(parsed.GetValue(_json) ? JsonFormatter.Default.Format(receipt) : Describe(receipt));
            await output.FlushAsync(cancellationToken);
            if (--left == 0)
                return;
        }
    }

    private List<Uri> Check(ParseResult parsed, List<string> faults)
    {
        if (IdRules.Complaint("--feed", parsed.GetValue(_feed)) is { } complaint)
            faults.Add(complaint);
        if (parsed.GetValue(_after) < 0)
            faults.Add($"--after {parsed.GetValue(_after)}: give the number of a receipt, or 0.");
        if (parsed.GetValue(_count) < 0)
            faults.Add($"--count {parsed.GetValue(_count)}: give 0 (without end) or more.");

        var addresses = new List<Uri>();
        foreach (var text in parsed.GetValue(_url)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (CommandLine.CheckUrl(text, faults) is { } address)
                addresses.Add(address);
        }

        if (addresses.Count == 0 && faults.Count == 0)
            faults.Add("--url is empty: give host:port of a push manager's gRPC door.");
        return addresses;
    }

    private static string Describe(Receipt receipt)
    {
        var device = receipt.DeviceId.Length > 0 ? " on " + receipt.DeviceId : "";
        var session = receipt.SessionId.Length > 0 ? $" (session {receipt.SessionId})" : "";
        var missed = receipt.Missed > 0 ? $" ({receipt.Missed} before it are no longer kept)" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{receipt.Number} {CommandLine.Time(receipt.At)} {receipt.MessageId} {(receipt.Kind is ReceiptKind.Read ? "read by" : "delivered to")} {receipt.UserId}{device}{session}{missed}");
    }
}
