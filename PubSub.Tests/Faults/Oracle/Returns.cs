using System.Globalization;

namespace PubSub.Tests.Faults.Oracle;

/// <summary>How long clients were away, from the end of a connection to being in the room again: as they see it.</summary>
internal sealed class Returns
{
    private readonly List<TimeSpan> _absences;

    public Returns(IEnumerable<TimeSpan> absences) => _absences = [.. absences.Order()];

    public int Count => _absences.Count;

    /// <summary>The time within which this share of all returns was done; nothing where nobody was away.</summary>
    public TimeSpan At(double share) => Count == 0 ? TimeSpan.Zero : _absences[Math.Max(0, (int)Math.Ceiling(Count * share) - 1)];

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Count} returns, p50 {At(0.5).TotalMilliseconds:0} ms, p99 {At(0.99).TotalMilliseconds:0} ms, longest {At(1).TotalMilliseconds:0} ms");
}
