namespace PubSub.Bench.Load;

/// <summary>Collects one value per figure and round.</summary>
internal sealed class Medians
{
    private readonly Dictionary<string, List<double>> _values = [];

    public void Add(string figure, double value)
    {
        if (!_values.TryGetValue(figure, out var values))
            _values[figure] = values = [];
        values.Add(value);
    }

    public bool Has(string figure) => _values.ContainsKey(figure);

    public double Last(string figure) => _values[figure][^1];

    /// <summary>The worst round of what must not be less.</summary>
    public double Least(string figure) => _values[figure].Min();

    /// <summary>The worst round of what must not be more.</summary>
    public double Most(string figure) => _values[figure].Max();

    public double Of(string figure)
    {
        var sorted = _values[figure].Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
