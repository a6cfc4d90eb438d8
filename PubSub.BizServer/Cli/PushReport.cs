using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Grpc.Core;
using PubSub.Protocol;
using PubSub.Protocol.Channels;

namespace PubSub.BizServer.Cli;

/// <summary>What the user sees: results on standard output, refusals and progress on standard error.</summary>
internal sealed class PushReport(PushArguments arguments, TextWriter output, TextWriter errors, bool isRedirected)
{
    private static readonly TimeSpan BetweenProgress = TimeSpan.FromSeconds(1);

    private int _accepted;
    private int _refused;
    private long _sessions;
    private TimeSpan _lastProgress;
    private bool _lineIsOpen;
    private bool _wasInterrupted;

    public void Outcome(string messageId, PushOutcome outcome)
    {
        var isAccepted = outcome.Code == (int)StatusCode.OK;
        _accepted += isAccepted ? 1 : 0;
        _refused += isAccepted ? 0 : 1;
        _sessions += outcome.Reply?.SessionsReached ?? 0;

        if (arguments.AsJson)
            output.WriteLine(JsonSerializer.Serialize(OutcomeLine.From(messageId, outcome), OutcomeJson.Default.OutcomeLine));
        else if (isAccepted && arguments.Total == 1)
            output.WriteLine(Describe(outcome.Reply!));
        if (!isAccepted)
            WriteError($"{(StatusCode)outcome.Code}: {outcome.Error}");
    }

    public void Progress(TimeSpan elapsed)
    {
        var done = _accepted + _refused;
        if (elapsed - _lastProgress < BetweenProgress || done == arguments.Total)
            return;
        _lastProgress = elapsed;
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{done} of {arguments.Total} ({100L * done / arguments.Total} %), {done / elapsed.TotalSeconds:0} per second, {_refused} refused");
        if (isRedirected)
        {
            errors.WriteLine(line);
        }
        else
        {
            errors.Write('\r' + line.PadRight(70));
            _lineIsOpen = true;
        }
    }

    public void Interrupted()
    {
        _wasInterrupted = true;
        WriteError("Interrupted.");
    }

    /// <summary>True when every push was accepted.</summary>
    public bool Finish(TimeSpan elapsed)
    {
        CloseLine();
        if (arguments.Total > 1 && !arguments.AsJson)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{_accepted} of {arguments.Total} pushed to {arguments.Channel} in {elapsed.TotalSeconds:0.0} s, {_sessions} sessions reached, {_refused} refused"));
        }

        return _refused == 0 && !_wasInterrupted;
    }

    private string Describe(PushReply reply)
    {
        var place = reply.Position is { Epoch: > 0 } position ? $"offset {position.Offset}" : "no log";
        if (reply.OfflineUsers.Count > 0)
            return $"{reply.MessageId}: {arguments.Channel}, {place}; the user is offline" + (place == "no log" ? "" : ", the message waits in the log");
        var missed = reply.NodesMissed > 0 ? $", {reply.NodesMissed} nodes did not answer in time" : "";
        return $"{reply.MessageId}: {arguments.Channel}, {place}, {reply.SessionsReached} sessions on {reply.NodesReached} nodes{missed}";
    }

    private void WriteError(string line)
    {
        CloseLine();
        errors.WriteLine(line);
    }

    private void CloseLine()
    {
        if (_lineIsOpen)
            errors.WriteLine();
        _lineIsOpen = false;
    }
}

/// <summary>One push as a line of <c>--json</c>.</summary>
internal sealed record OutcomeLine(
    string MessageId, string Status, string? Error, long Epoch, long Offset, int NodesReached, int SessionsReached,
    int NodesMissed, bool Duplicate, IReadOnlyList<string> OfflineUsers)
{
    public static OutcomeLine From(string messageId, PushOutcome outcome)
    {
        var reply = outcome.Reply ?? new PushReply();
        var position = ChannelPosition.From(reply.Position);
        return new OutcomeLine(
            messageId, ((StatusCode)outcome.Code).ToString(), outcome.Error.Length > 0 ? outcome.Error : null, position.Epoch,
            position.Offset, reply.NodesReached, reply.SessionsReached, reply.NodesMissed, reply.Duplicate, reply.OfflineUsers);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OutcomeLine))]
internal sealed partial class OutcomeJson : JsonSerializerContext;
