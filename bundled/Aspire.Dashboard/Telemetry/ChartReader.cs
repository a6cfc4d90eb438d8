namespace Aspire.Dashboard.Telemetry;

/// <summary>
/// Turns readings into lines. Between two readings of a counter nobody knows more than the average, so each step of the
/// grid gets the rate of the interval that it lies in; that is also what makes series of different processes addable.
/// </summary>
internal static class ChartReader
{
    private const int Steps = 100;
    private const int MinStepMs = 1000;

    // A gauge that was not reported for so long, or for two and a half of its intervals, says nothing any more.
    private const int StaleMs = 15_000;

    public static Chart Read(Instrument instrument, ChartQuery query)
    {
        var times = Grid(query);
        var groups = instrument.Series
            .Where(series => query.Only.All(series.Labels.Contains))
            .GroupBy(series => KeyOf(series, query.By))
            .Select(group => instrument.Kind switch
            {
                InstrumentKind.Histogram => HistogramLine([.. group], query.By, times),
                InstrumentKind.Counter => SumLine([.. group], query.By, times, Rates),
                _ => SumLine([.. group], query.By, times, Values),
            })
            .OrderByDescending(Size)
            .ToArray();
        return new Chart(
            instrument.Kind.ToString(), instrument.Unit, times, groups[..Math.Min(groups.Length, query.MaxLines)],
            Math.Max(0, groups.Length - query.MaxLines));
    }

    // Aligned to its own step, so that a line moves on without changing its shape.
    private static long[] Grid(ChartQuery query)
    {
        var step = Math.Max(MinStepMs, query.RangeMs / Steps);
        var count = (int)(query.RangeMs / step) + 1;
        var end = query.EndMs / step * step;
        return [.. Enumerable.Range(0, count).Select(i => end - ((count - 1 - i) * step))];
    }

    private static string KeyOf(Series series, IReadOnlySet<string>? by) =>
        string.Join('\u001f', LabelsOf(series, by).Select(tag => $"{tag.Key}\u001e{tag.Value}"));

    private static IEnumerable<Tag> LabelsOf(Series series, IReadOnlySet<string>? by) =>
        series.Labels.Where(tag => by is null || by.Contains(tag.Key)).OrderBy(tag => tag.Key, StringComparer.Ordinal);

    private static double Size(ChartLine line) => line.Values.Max(value => value ?? -1);

    private static ChartLine SumLine(Series[] group, IReadOnlySet<string>? by, long[] times, Func<Series, long[], double?[]> read)
    {
        var sum = new double?[times.Length];
        foreach (var series in group)
            AddTo(sum, read(series, times));
        return new ChartLine([.. LabelsOf(group[0], by)], sum, null, null, null, group.Sum(series => series.Last.Value), null);
    }

    private static void AddTo(double?[] sum, double?[] values)
    {
        for (var i = 0; i < sum.Length; i++)
        {
            if (values[i] is { } value)
                sum[i] = (sum[i] ?? 0) + value;
        }
    }

    private static double?[] Values(Series series, long[] times)
    {
        var readings = series.Readings.ToArray();
        var values = new double?[times.Length];
        var at = -1;
        for (var i = 0; i < times.Length; i++)
        {
            while (at + 1 < readings.Length && readings[at + 1].At <= times[i])
                at++;
            if (at < 0)
                continue;
            var interval = at > 0 ? readings[at].At - readings[at - 1].At : 0;
            if (times[i] - readings[at].At <= Math.Max(StaleMs, interval * 5 / 2))
                values[i] = readings[at].Value;
        }

        return values;
    }

    private static double?[] Rates(Series series, long[] times)
    {
        var rates = new double?[times.Length];
        foreach (var (step, earlier, later) in Intervals(series, times))
        {
            // A process that started anew counts from zero.
            var added = later.Value >= earlier.Value ? later.Value - earlier.Value : later.Value;
            rates[step] = added * 1000 / (later.At - earlier.At);
        }

        return rates;
    }

    private static ChartLine HistogramLine(Series[] group, IReadOnlySet<string>? by, long[] times)
    {
        var perStep = new Buckets?[times.Length];
        foreach (var series in group)
        {
            foreach (var (step, earlier, later) in Intervals(series, times))
            {
                var rate = later.Buckets!.Since(earlier.Buckets!).Times(1000.0 / (later.At - earlier.At));
                perStep[step] = perStep[step] is { } others ? others.Plus(rate) : rate;
            }
        }

        return new ChartLine(
            [.. LabelsOf(group[0], by)],
            [.. perStep.Select(buckets => buckets?.Total)],
            [.. perStep.Select(buckets => buckets?.Percentile(0.5))],
            [.. perStep.Select(buckets => buckets?.Percentile(0.9))],
            [.. perStep.Select(buckets => buckets?.Percentile(0.99))],
            group.Sum(series => series.Last.Buckets?.Total ?? 0),
            WindowOf(group, times[0]));
    }

    private static ChartWindow? WindowOf(Series[] group, long start)
    {
        Buckets? all = null;
        var sum = 0.0;
        foreach (var series in group)
        {
            if (series.Last.Buckets is not { } last || series.Last.At < start)
                continue;
            var before = series.Readings.LastOrDefault(reading => reading.At <= start);
            var added = before.Buckets is { } earlier ? last.Since(earlier) : last;
            sum += before.Buckets is not null && series.Last.Value >= before.Value ? series.Last.Value - before.Value : series.Last.Value;
            all = all?.Plus(added) ?? added;
        }

        return all is null
            ? null
            : new ChartWindow(all.Total, sum, all.Percentile(0.5), all.Percentile(0.9), all.Percentile(0.99), all.Bounds, all.Counts);
    }

    /// <summary>For each step of the grid that lies between two readings: the step and the two.</summary>
    private static IEnumerable<(int Step, Reading Earlier, Reading Later)> Intervals(Series series, long[] times)
    {
        var readings = series.Readings.ToArray();
        var next = 1;
        for (var step = 0; step < times.Length; step++)
        {
            while (next < readings.Length && readings[next].At < times[step])
                next++;
            if (next >= readings.Length)
                yield break;
            if (readings[next - 1].At < times[step])
                yield return (step, readings[next - 1], readings[next]);
        }
    }
}
