using System.CommandLine;
using System.Globalization;
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
    private const int Misused = 2;

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

    public static bool IsMeant(string[] args)
    {
        var place = Array.IndexOf(args, "--action");
        return (place >= 0 && place + 1 < args.Length && args[place + 1] == Action) || args.Contains("--action=" + Action, StringComparer.Ordinal);
    }

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        var command = new MessageStatusCommand();
        var parsed = command._root.Parse(args);
        if (parsed.Action is not null && parsed.Errors.Count == 0)
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = errors });
        var faults = parsed.Errors.Select(error => error.Message).ToList();
        var address = faults.Count == 0 ? PushAddress.Parse(parsed.GetValue(command._url)!) : null;
        if (address is null)
        {
            if (faults.Count == 0)
                faults.Add($"--url {parsed.GetValue(command._url)}: give host:port or http://host:port of a push manager's gRPC door.");
            foreach (var fault in faults)
                await errors.WriteLineAsync(fault);
            await errors.WriteLineAsync("--help shows all options.");
            return Misused;
        }

        try
        {
            using var channel = GrpcChannel.ForAddress(address);
            var status = await new PushManagerService.PushManagerServiceClient(channel).GetMessageStatusAsync(
                new GetMessageStatusRequest { UserId = parsed.GetValue(command._user)!, MessageId = parsed.GetValue(command._id)! },
                deadline: DateTime.UtcNow + Patience);
            await output.WriteLineAsync(parsed.GetValue(command._json)
                ? Google.Protobuf.JsonFormatter.Default.Format(status)
                : Describe(status));
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
        var lines = new List<string> { $"{status.MessageId}: {(status.AcceptedAt > 0 ? "accepted " + Time(status.AcceptedAt) : "accepted earlier than the log goes back")}, offset {status.Position.Offset}" };
        foreach (var device in status.Devices)
        {
            var name = device.DeviceId.Length > 0 ? device.DeviceId : "sessions without a device";
            var delivered = device.DeliveredBy > 0 ? "delivered by " + Time(device.DeliveredBy) : "not delivered yet";
            lines.Add($"  {name}: {delivered}{(device.ReadBy > 0 ? ", read by " + Time(device.ReadBy) : "")}");
        }

        if (status.Devices.Count == 0)
            lines.Add("  no device has acknowledged anything yet");
        return string.Join(Environment.NewLine, lines);
    }

    private static string Time(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
