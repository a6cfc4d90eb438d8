namespace PubSub.Tests.Faults.Oracle;

/// <summary>What the oracle found. Everything but the first two must be zero, and <see cref="WrittenOff"/> too while the logs live.</summary>
internal sealed record Verdict
{
    private const int ExamplesKept = 20;

    private readonly List<string> _examples = [];

    public int Accepted { get; set; }

    public long Delivered { get; set; }

    /// <summary>Accepted, and a listener that was entitled to it never got it.</summary>
    public int Lost { get; private set; }

    /// <summary>Came to a listener twice, or stands twice in a channel.</summary>
    public int Repeated { get; private set; }

    /// <summary>Came behind a later one, or stands behind a later one of its publisher.</summary>
    public int Reordered { get; private set; }

    /// <summary>Not what a publisher sent, or not the same for everybody.</summary>
    public int Corrupt { get; private set; }

    /// <summary>Accepted, but a listener was told that it cannot have it (<c>recovered: false</c>).</summary>
    public int WrittenOff { get; set; }

    public bool IsClean => IsTrue && WrittenOff == 0;

    /// <summary>Nobody was deceived: what a client did not get, it was told that it cannot have. All that holds when the logs are gone.</summary>
    public bool IsTrue => (Lost, Repeated, Reordered, Corrupt) == (0, 0, 0, 0);

    public void AddLost(string what) => Lost += Note("lost", what);

    public void AddRepeated(string what) => Repeated += Note("repeated", what);

    public void AddReordered(string what) => Reordered += Note("reordered", what);

    public void AddCorrupt(string what) => Corrupt += Note("corrupt", what);

    /// <summary>The figures, without examples.</summary>
    public string Summary =>
        $"{Accepted} accepted, {Delivered} delivered, {Lost} lost, {Repeated} repeated, {Reordered} reordered, {Corrupt} corrupt, "
        + $"{WrittenOff} written off";

    public override string ToString() => $"{Summary}{string.Concat(_examples.Select(example => $"\n  {example}"))}";

    private int Note(string kind, string what)
    {
        if (_examples.Count < ExamplesKept)
            _examples.Add($"{kind}: {what}");
        return 1;
    }

    /// <summary>Each message went to more than one client, so there must be more deliveries than messages.</summary>
    public void AssertNothingIsMissing()
    {
        Assert.True(IsClean, ToString());
        Assert.True(Delivered > Accepted && Accepted > 0, ToString());
    }
}
