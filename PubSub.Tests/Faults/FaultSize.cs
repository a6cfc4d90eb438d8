namespace PubSub.Tests.Faults;

/// <summary>How large and how long a fault run is. The same tests run long with PUBSUB_FAULTS=long.</summary>
internal sealed record FaultSize
{
    public static FaultSize Current { get; } = Environment.GetEnvironmentVariable("PUBSUB_FAULTS") == "long" ? Long : Short;

    public required int Clients { get; init; }

    public required int Rooms { get; init; }

    public required int PushesPerSecond { get; init; }

    /// <summary>The share of these pushes that must be accepted where no fault is at work; a busy machine may have little left for us.</summary>
    public required double LeastShare { get; init; }

    public double LeastPerSecond => LeastShare * PushesPerSecond;

    /// <summary>Each waits for an answer before its next push, so their number bounds the rate that slow answers allow.</summary>
    public required int Publishers { get; init; }

    /// <summary>How many faults a test makes.</summary>
    public required int Faults { get; init; }

    /// <summary>Of kills of job workers, three in each.</summary>
    public required int JobRounds { get; init; }

    /// <summary>Who comes back into one room at once.</summary>
    public required int ReturningClients { get; init; }

    /// <summary>From one fault to the next.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>How long a process is paused, or a line is cut.</summary>
    public required TimeSpan Outage { get; init; }

    private static FaultSize Short => new()
    {
        Clients = 120,
        Rooms = 12,
        PushesPerSecond = 200,
        LeastShare = 0.05,
        Publishers = 8,
        Faults = 2,
        JobRounds = 1,
        ReturningClients = 1000,
        Interval = TimeSpan.FromSeconds(4),
        Outage = TimeSpan.FromSeconds(8),
    };

    private static FaultSize Long => new()
    {
        Clients = 3000,
        Rooms = 300,
        // So many that 2,000 are accepted in each, outages included.
        PushesPerSecond = 2300,
        LeastShare = 0.5,
        Publishers = 128,
        Faults = 6,
        JobRounds = 6,
        ReturningClients = 10_000,
        Interval = TimeSpan.FromSeconds(20),
        Outage = TimeSpan.FromSeconds(30),
    };
}
