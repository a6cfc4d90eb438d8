namespace PubSub.Bench;

/// <summary>Something that can be measured by name.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Help">One line for the list.</param>
/// <param name="RunAsync">Measures; progress goes to the log, figures into the report.</param>
internal sealed record Scenario(string Name, string Help, Func<BenchOptions, Action<string>, Task<BenchReport>> RunAsync)
{
    /// <summary>Whether two nodes with different settings can be measured in one run.</summary>
    public bool Compares { get; init; }
}

/// <param name="Seconds">How long each measurement of a round lasts.</param>
/// <param name="Rounds">How often everything is measured; figures are medians over rounds.</param>
/// <param name="Json">Whether the report is for a program.</param>
/// <param name="Scale">Percent of the connections that the scenario is about.</param>
/// <param name="Alone">Without the baselines.</param>
/// <param name="Report">Where the page goes; empty: nowhere.</param>
internal sealed record BenchOptions(int Seconds = 2, int Rounds = 5, bool Json = false, int Scale = 100, bool Alone = false, string Report = "")
{
    /// <summary>Of the measured services, as environment variables.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>What a second node is given beside these settings, to be measured in the same rounds. Empty: there is none.</summary>
    public IReadOnlyDictionary<string, string> Against { get; init; } = new Dictionary<string, string>();

    public TimeSpan Duration => TimeSpan.FromSeconds(Seconds);

    /// <summary>With one more setting, or another value of one.</summary>
    public BenchOptions With(string name, string value) => this with { Settings = new Dictionary<string, string>(Settings) { [name] = value } };

    /// <summary>As the second node is to be run.</summary>
    public BenchOptions OfTheOther() => Against.Aggregate(this, static (options, setting) => options.With(setting.Key, setting.Value));

    public int Scaled(int connections) => Math.Max(1, connections * Scale / 100);
}
