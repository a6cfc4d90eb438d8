using System.Net;
using PubSub.Bench;
using PubSub.Bench.Load;

namespace PubSub.Tests.Unit.Bench;

public sealed class ReportsTellEverything
{
    private static readonly LatencyHistogram Latency = SomeLatency();

    private static readonly BenchReport Report = new(
        "some-scenario", "3 connections <in> a room",
        [
            new Figure("one & only", 12345.678, "us/delivery"),
            new Figure("kept", 99.5, "%", AtLeast: 99),
            new Figure("broken", 1.25, "", AtMost: 1.2),
            new Figure("both ways", 101, "%", AtLeast: 100, AtMost: 100),
        ])
    {
        Options = new BenchOptions(Seconds: 7, Rounds: 3, Scale: 40)
        {
            Settings = new Dictionary<string, string> { ["A_SETTING"] = "1" },
            Against = new Dictionary<string, string> { ["ANOTHER"] = "2" },
        },
        Preset = new Dictionary<string, string> { ["A_SETTING"] = "replaced", ["PRESET"] = "3" },
        Curves =
        [
            Curve.Of("latencies", "one side", Latency),
            new Curve("growth", "other side", "messages/s", "us", [[10, 5], [100, 3], [1000, 1]]) { IsLogarithmic = true },
            new Curve("slope", "third side", "connections", "MB", [[0, 0], [10, 3]]),
        ],
    };

    public static TheoryData<string> Forms => [Report.ToTable(), ReportPage.Write(Report), Report.ToJson()];

    [Theory]
    [MemberData(nameof(Forms))]
    public void It_says_how_it_was_measured(string form)
    {
        string[] words = ["some-scenario", "A_SETTING", "ANOTHER", "PRESET", BenchMachine.Commit];

        Assert.All(words, word => Assert.Contains(word, form, StringComparison.Ordinal));
        Assert.Matches("seconds\"?:? 7", form);
        Assert.Matches("rounds\"?:? 3", form);
        Assert.Matches("scale\"?:? 40", form);
    }

    [Fact]
    public void What_the_command_line_sets_goes_before_what_the_bench_sets() =>
        Assert.DoesNotContain(Report.Circumstances, static line => line.Contains("replaced", StringComparison.Ordinal));

    [Fact]
    public void The_page_has_every_figure_and_every_chart()
    {
        var page = ReportPage.Write(Report);

        Assert.All(Report.Figures, figure => Assert.Contains(
            $"<tr><td>{WebUtility.HtmlEncode(figure.Name)}<td class=n>{BenchReport.Rounded(figure.Value)}<td>{figure.Unit}<td", page, StringComparison.Ordinal));
        Assert.All(Report.Curves, curve => Assert.Contains($"<h2>{curve.Chart}</h2>", page, StringComparison.Ordinal));
        Assert.Equal(Report.Curves.Count, page.Split("<polyline").Length - 1);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_needs_nothing_else()
    {
        string[] references = ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link"];

        Assert.All(references, reference => Assert.DoesNotContain(reference, ReportPage.Write(Report), StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "at least 99: met")]
    [InlineData(2, "at most 1.2: MISSED")]
    [InlineData(3, "100 to 100: MISSED")]
    public void A_figure_is_held_against_its_promise(int figure, string verdict) =>
        Assert.Equal(verdict, BenchReport.TargetOf(Report.Figures[figure]));

    private static LatencyHistogram SomeLatency()
    {
        var latency = new LatencyHistogram();
        for (var i = 1; i <= 1000; i++)
            latency.Record(TimeSpan.FromMilliseconds(i));
        return latency;
    }
}
