using PubSub.Bench.Cluster;
using PubSub.Bench.Load;

namespace PubSub.Bench.Scenarios;

/// <summary>What each process of a cluster spent in a measurement and holds after it; all nodes together.</summary>
internal sealed class Spending
{
    private const string Nodes = "nodes";

    private readonly Dictionary<string, ProcessFigures> _processes;
    private readonly double _loadCpu;
    private readonly long _pushes;

    public Spending(
        IReadOnlyList<Backing> processes, IReadOnlyDictionary<string, ProcessFigures> before, IReadOnlyDictionary<string, ProcessFigures> after,
        Outcome outcome, long pushes)
    {
        _pushes = Math.Max(1, pushes);
        _loadCpu = outcome.LoadCpu.TotalMicroseconds;
        _processes = processes
            .GroupBy(static process => process.Name.StartsWith("node ", StringComparison.Ordinal) ? Nodes : process.Name)
            .ToDictionary(
                static group => group.Key,
                group => new ProcessFigures(
                    TimeSpan.FromTicks(group.Sum(process => (after[process.Name].Cpu - before[process.Name].Cpu).Ticks)),
                    group.Sum(process => after[process.Name].Resident)));
    }

    public IEnumerable<string> Processes => _processes.Keys;

    /// <summary>Microseconds of a push.</summary>
    public double Cpu(string process) => _processes[process].Cpu.TotalMicroseconds / _pushes;

    public double CpuOfNodes => Cpu(Nodes);

    /// <summary>Of all that a push has to do with; etcd works for the processes' leases alone.</summary>
    public double CpuOfAll => _processes.Keys.Where(static process => process != "etcd").Sum(Cpu);

    public void Collect(Medians medians, string prefix)
    {
        foreach (var (name, figures) in _processes)
        {
            medians.Add($"{prefix}{name}, CPU", Cpu(name));
            medians.Add($"{prefix}{name}, resident", figures.Resident / 1048576.0);
        }

        medians.Add($"{prefix}the load, CPU", _loadCpu / _pushes);
    }

    public IEnumerable<Figure> Figures(Medians medians, string prefix) =>
    [
        .. Processes.Append("the load").Select(name => new Figure($"{prefix}{name}, CPU", medians.Of($"{prefix}{name}, CPU"), "us/push")),
        .. Processes.Select(name => new Figure($"{prefix}{name}, resident", medians.Of($"{prefix}{name}, resident"), "MB")),
    ];
}
