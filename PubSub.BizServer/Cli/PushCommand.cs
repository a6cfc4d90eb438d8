using System.CommandLine;
using Google.Protobuf;
using PubSub.Client.Publishing;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.BizServer.Cli;

/// <summary>
/// The command line: pushes, and ends with 0 when every push was accepted, 1 when one was not, 2 when the command
/// itself is wrong.
/// </summary>
internal sealed class PushCommand
{
    private const int AllAccepted = 0;
    private const int SomeRefused = 1;

    private readonly Option<string> _action = new("--action") { Description = "What to do: push-to-room, push-to-user, broadcast, message-status, watch-receipts, dead-letters or replay-dead-letters (the last four have options of their own). Without it the HTTP server starts.", HelpName = "action", Required = true };
    private readonly Option<string?> _room = new("--room") { Description = "The room of push-to-room.", HelpName = "id" };
    private readonly Option<string?> _user = new("--user") { Description = "The user of push-to-user.", HelpName = "id" };
    private readonly Option<string?> _message = new("--message") { Description = "The text; of AUDIO the sound in Base64.", HelpName = "text" };
    private readonly Option<string?> _file = new("--file") { Description = "One message per line of this file (- is standard input); of AUDIO the whole file is the message.", HelpName = "path" };
    private readonly Option<MessageType> _type = new("--type") { Description = MessageTypeNames.All + ".", HelpName = "type" };
    private readonly Option<int> _count = new("--count") { Description = "How often to push it.", HelpName = "n", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _rate = new("--rate") { Description = "Pushes per second; 0 is as fast as it goes.", HelpName = "n" };
    private readonly Option<string> _url = new("--url") { Description = "The push manager (environment: PUSH_MANAGER_ADDRESS).", HelpName = "address", DefaultValueFactory = _ => DefaultUrl };
    private readonly Option<double> _timeout = new("--timeout") { Description = "Seconds that a push may take, retries included.", HelpName = "seconds", DefaultValueFactory = _ => 10 };
    private readonly Option<string?> _receiptsTo = new("--receipts-to") { Description = "With push-to-user: the feed that the receipts go to, which watch-receipts shows.", HelpName = "feed" };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON object for each push on standard output." };
    private readonly RootCommand _root = new("Pushes messages to a room, a user or everybody.");

    private PushCommand()
    {
        foreach (var option in new Option[] { _action, _room, _user, _message, _file, _type, _count, _rate, _url, _timeout, _receiptsTo, _json })
            _root.Options.Add(option);
    }

    public static string DefaultUrl => DefaultUrls.Split(',')[0];

    public static string DefaultUrls => Environment.GetEnvironmentVariable("PUSH_MANAGER_ADDRESS") is { Length: > 0 } addresses
        ? addresses
        : "http://localhost:50053";

    /// <summary>Whether the arguments are those of the command, rather than settings of the server.</summary>
    public static bool IsMeant(string[] args)
    {
        string[] ours = ["--action", "--room", "--user", "--message", "--type", "--url", "--count", "--rate", "--file", "--receipts-to", "--json", "--help", "-h", "-?", "--version"];
        return args.Any(arg => ours.Contains(arg.Split('=')[0], StringComparer.Ordinal));
    }

    public static Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors, bool isRedirected)
    {
        var command = new PushCommand();
        return CommandLine.RunAsync(
            command._root, args, command.Check,
            (_, arguments) => PushAsync(arguments!, new PushReport(arguments!, output, errors, isRedirected)), output, errors);
    }

    private static async Task<int> PushAsync(PushArguments arguments, PushReport report)
    {
        using var interrupt = new Interrupt();
        using var publisher = new PushPublisher([arguments.Url], new PushPublisherOptions { Timeout = arguments.Timeout });
        return await new PushRun(arguments, publisher, report, TimeProvider.System).RunAsync(interrupt.Token) ? AllAccepted : SomeRefused;
    }

    /// <summary>Null where there are faults.</summary>
    private PushArguments? Check(ParseResult parsed, List<string> faults)
    {
        var channel = CheckChannel(parsed, faults);
        var messages = CheckMessages(parsed, faults);
        var (count, rate, timeout) = (parsed.GetValue(_count), parsed.GetValue(_rate), parsed.GetValue(_timeout));
        if (count is < 1 or > 10_000_000)
            faults.Add($"--count {count}: give 1 to 10000000.");
        if (rate is not (>= 0 and <= 1_000_000))
            faults.Add($"--rate {rate}: give 0 (as fast as it goes) to 1000000 per second.");
        if (timeout is not (> 0 and <= 3600))
            faults.Add($"--timeout {timeout}: give up to 3600 seconds.");
        var receiptsTo = parsed.GetValue(_receiptsTo);
        if (receiptsTo is not null && parsed.GetValue(_action) != "push-to-user")
            faults.Add("--receipts-to goes with push-to-user.");
        else if (receiptsTo is not null && IdRules.Complaint("--receipts-to", receiptsTo) is { } complaint)
            faults.Add(complaint);
        var url = CommandLine.CheckUrl(parsed.GetValue(_url)!, faults);
        return faults.Count > 0 || url is null
            ? null
            : new PushArguments(channel, parsed.GetValue(_type), messages, count, rate, url, TimeSpan.FromSeconds(timeout), receiptsTo ?? "", parsed.GetValue(_json));
    }

    private ChannelId CheckChannel(ParseResult parsed, List<string> faults)
    {
        var (action, room, user) = (parsed.GetValue(_action), parsed.GetValue(_room), parsed.GetValue(_user));
        string? complaint;
        switch (action)
        {
            case "push-to-room":
                complaint = user is not null ? "--user does not go with push-to-room." : IdRules.Complaint("--room", room);
                break;
            case "push-to-user":
                complaint = room is not null ? "--room does not go with push-to-user." : IdRules.Complaint("--user", user);
                break;
            case "broadcast":
                complaint = room is not null || user is not null ? "--room and --user do not go with broadcast." : null;
                break;
            default:
                complaint = $"--action {action}: give push-to-room, push-to-user, broadcast, message-status, watch-receipts, dead-letters or replay-dead-letters.";
                break;
        }

        if (complaint is not null)
        {
            faults.Add(complaint);
            return default;
        }

        return action switch
        {
            "push-to-room" => ChannelId.Room(room!),
            "push-to-user" => ChannelId.User(user!),
            _ => ChannelId.All,
        };
    }

    private List<Content> CheckMessages(ParseResult parsed, List<string> faults)
    {
        var (message, file, type) = (parsed.GetValue(_message), parsed.GetValue(_file), parsed.GetValue(_type));
        if (message is null == file is null)
        {
            faults.Add(message is null ? "Give --message or --file." : "Give one of --message and --file.");
            return [];
        }

        try
        {
            List<Content> messages = message is not null ? [Read(message, type)] : ReadFile(file!, type);
            if (messages.Count == 0 || messages.Any(one => one.Data.Length == 0 && one.Binary.Length == 0))
                faults.Add(file is null ? "--message is empty." : $"--file {file} holds no message.");
            return messages;
        }
        catch (FormatException)
        {
            faults.Add("--message is not Base64, which AUDIO needs; or give the sound as --file.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            faults.Add($"--file {file}: {unreadable.Message}");
        }

        return [];
    }

    private static Content Read(string message, MessageType type) => type is MessageType.Audio
        ? new Content { Type = type, Binary = ByteString.FromBase64(message) }
        : new Content { Type = type, Data = message };

    private static List<Content> ReadFile(string path, MessageType type)
    {
        using var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
        if (type is MessageType.Audio)
            return [new Content { Type = type, Binary = ByteString.FromStream(stream) }];

        using var reader = new StreamReader(stream);
        var messages = new List<Content>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
                messages.Add(new Content { Type = type, Data = line });
        }

        return messages;
    }
}
