using System.Text.Json;

namespace PubSub.Bench.Micro;

/// <summary>
/// <c>budgets</c>: what the small parts allocate, against budgets.json. Unlike time, allocated bytes are the same on every
/// machine and under any load, so they can fail a build.
/// </summary>
internal static class Budgets
{
    public const string Command = "budgets";
    private const int Warm = 200;
    private const int Rounds = 20;
    private const int Repeats = 50;

    public static int Run(TextWriter output)
    {
        var file = Path.Combine(AppContext.BaseDirectory, "budgets.json");
        var budgets = JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllText(file))!;
        var parts = Parts();
        var faults = 0;
        foreach (var name in budgets.Keys.Except(parts.Keys))
            faults += Complain(output, $"{name}: a budget for nothing. Take it out of budgets.json.");
        foreach (var (name, run) in parts)
        {
            var bytes = Measure(run);
            if (!budgets.TryGetValue(name, out var budget))
                faults += Complain(output, $"{name}: {bytes} bytes and no budget. Give it one in budgets.json.");
            else if (bytes > budget)
                faults += Complain(output, $"{name}: {bytes} bytes, over its budget of {budget}. Allocate less, or raise the budget in budgets.json and say why.");
            else
                output.WriteLine($"{name}: {bytes} of {budget} bytes");
        }

        return faults == 0 ? 0 : 1;
    }

    private static Dictionary<string, Action> Parts()
    {
        var (codec, outbox, fanout, table) = (new CodecBench(), new OutboxBench(), new FanoutBench(), new TableBench());
        return new Dictionary<string, Action>
        {
            ["encode a message, JSON"] = () => codec.EncodeJson(),
            ["encode a message, Protobuf"] = () => codec.EncodeProtobuf(),
            ["decode a ping"] = () => codec.DecodePing(),
            ["decode a client's message"] = () => codec.DecodeClientMessage(),
            ["outbox, nobody writing"] = outbox.Alone,
            ["outbox, ten waiting"] = outbox.TenWaiting,
            ["fan-out of one to one"] = () => fanout.ToOne(),
            ["fan-out of one to a thousand"] = () => fanout.ToThousand(),
            ["fan-out of 64 to a thousand"] = () => fanout.RunOf64ToThousand(),
            ["session comes and goes in the table"] = table.SessionComesAndGoes,
            ["subscriber comes and goes in a room"] = table.SubscriberComesAndGoes,
            ["parse a channel"] = () => table.ParseChannel(),
            ["a session"] = () => table.NewSession(),
            ["a channel"] = () => table.NewChannel(),
            ["a subscription"] = () => table.NewSubscription(),
        };
    }

    /// <summary>Of one call; the least of some rounds, as the run-time itself allocates now and then.</summary>
    private static long Measure(Action run)
    {
        for (var i = 0; i < Warm; i++)
            run();
        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Repeats; i++)
                run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least / Repeats;
    }

    private static int Complain(TextWriter output, string complaint)
    {
        output.WriteLine(complaint);
        return 1;
    }
}
