using PubSub.Bench.Load;
using PubSub.Bench.Publishing;

namespace PubSub.Bench.Scenarios;

/// <summary>One side of a comparison with its connections and its load, ready to be measured again and again.</summary>
internal sealed class Arena : IDisposable
{
    private readonly ClientPool _pool;
    private readonly LoadRun _run;

    private Arena(Side side, ClientPool pool, LoadRun run) => (Side, _pool, _run) = (side, pool, run);

    public Side Side { get; }

    /// <summary>The same connections to each of the sides.</summary>
    public static async Task<List<Arena>> OpenAsync(
        IReadOnlyList<Side> sides, ClientPlan[] plans, int[] receivers, int messageSize, Action<string> log)
    {
        var arenas = new List<Arena>();
        try
        {
            foreach (var side in sides)
            {
                log($"{side.Name}: connecting {plans.Length}");
                var pool = await Measurement.ConnectAsync(side, plans, log);
                arenas.Add(new Arena(side, pool, new LoadRun(pool, side.Publisher, receivers, messageSize)));
            }

            return arenas;
        }
        catch
        {
            arenas.ForEach(static arena => arena.Dispose());
            throw;
        }
    }

    /// <summary>To and fro, so that nobody always comes first.</summary>
    public static IEnumerable<Arena> InTurn(IReadOnlyList<Arena> arenas, int turn) => turn % 2 == 0 ? arenas : arenas.Reverse();

    public Task<Outcome> MeasureAsync(Func<LoadRun, Task> drive) => Measurement.RunAsync(_pool, _run, () => Side.Figures, drive);

    public void Dispose() => _pool.Dispose();
}
