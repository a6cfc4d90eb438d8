using System.ComponentModel.DataAnnotations;
using PubSub.ServiceDefaults;

namespace PubSub.Controller.Statistics;

internal sealed class StatisticsOptions
{
    public const string Section = "Statistics";

    [Setting("STATISTICS_SECONDS", "Seconds between two lines of statistics in the log"), Range(1, 86_400)]
    public int Seconds { get; set; } = 30;

    public TimeSpan Interval => TimeSpan.FromSeconds(Seconds);
}
