using System.CommandLine;
using Grpc.Core;
using Grpc.Net.Client;
using PubSub.Protocol;

namespace PubSub.BizServer.Cli;

/// <summary>
/// What became of a push to a user, on the command line: 0 when it is known, 1 when it is not, 2 when the command itself
/// is wrong.
/// </summary>
internal sealed class MessageStatusCommand
{
    public const string Action = "message-status";

    private const int Known = 0;
    private const int Failed = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Option<string> _action = new("--action") { Description = $"{Action} says when a push to a user was accepted, and which devices have it.", HelpName = "action", Required = true };
    private readonly Option<string> _user = new("--user") { Description = "The user it was pushed to.", HelpName = "id", Required = true };
    private readonly Option<string> _id = new("--message-id") { Description = "The id of the push.", HelpName = "id", Required = true };
    private readonly Option<string> _url = new("--url") { Description = "The push manager (environment: PUSH_MANAGER_ADDRESS).", HelpName = "address", DefaultValueFactory = _ => PushCommand.DefaultUrl };
    private readonly Option<bool> _json = new("--json") { Description = "The answer as one JSON object." };
    private readonly RootCommand _root = new("Says what became of a push to a user.");

    private MessageStatusCommand()
    {
        foreach (var option in new Option[] { _action, _user, _id, _url, _json })
            _root.Options.Add(option);
    }

    public static bool IsMeant(string[] args) => CommandLine.AsksFor(args, Action);

    public static Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        var command = new MessageStatusCommand();
        return CommandLine.RunAsync(
            command._root, args, (parsed, faults) => CommandLine.CheckUrl(parsed.GetValue(command._url)!, faults),
            (parsed, address) => command.AskAsync(parsed, address!, output, errors), output, errors);
    }

    private async Task<int> AskAsync(ParseResult parsed, Uri address, TextWriter output, TextWriter errors)
    {
        try
        {
            using var channel = GrpcChannel.ForAddress(address);
            var status = await new PushManagerService.PushManagerServiceClient(channel).GetMessageStatusAsync(
                new GetMessageStatusRequest { UserId = parsed.GetValue(_user)!, MessageId = parsed.GetValue(_id)! },
                deadline: DateTime.UtcNow + Patience);
            await output.WriteLineAsync(parsed.GetValue(_json) ? Google.Protobuf.JsonFormatter.Default.Format(status) : Describe(status));
            return Known;
        }
        catch (RpcException refusal)
        {
            await errors.WriteLineAsync($"{refusal.StatusCode}: {refusal.Status.Detail}");
            return Failed;
        }
    }

    private static string Describe(MessageStatus status)
    {
        var lines = new List<string> { $"{status.MessageId}: {(status.AcceptedAt > 0 ? "accepted " + CommandLine.Time(status.AcceptedAt) : "accepted earlier than the log goes back")}, offset {status.Position.Offset}" };
        foreach (var device in status.Devices)
        {
            var name = device.DeviceId.Length > 0 ? device.DeviceId : "sessions without a device";
            var delivered = device.DeliveredBy > 0 ? "delivered by " + CommandLine.Time(device.DeliveredBy) : "not delivered yet";
            lines.Add($"  {name}: {delivered}{(device.ReadBy > 0 ? ", read by " + CommandLine.Time(device.ReadBy) : "")}");
            lines.AddRange(device.Sessions.Select(session => "    " + Describe(session)));
        }

        if (status.Devices.Count == 0)
            lines.Add("  no device has acknowledged anything yet");
        return string.Join(Environment.NewLine, lines);
    }

    private static string Describe(SessionReceipt session)
    {
        var delivered = session.DeliveredAt > 0 ? " delivered " + CommandLine.Time(session.DeliveredAt) : "";
        var read = session.ReadAt > 0 ? " read " + CommandLine.Time(session.ReadAt) : "";
        return $"session {session.SessionId}:{delivered}{(delivered.Length > 0 && read.Length > 0 ? "," : "")}{read}";
    }
}
