using Microsoft.Extensions.Options;
using PubSub.Controller.Redis;

namespace PubSub.Controller.Statistics;

/// <summary>Writes the statistics to the log and to the metrics, regularly.</summary>
internal sealed partial class StatisticsLog(
    StatisticsReader statistics, ControllerMetrics metrics, IOptions<StatisticsOptions> options, TimeProvider time,
    ILogger<StatisticsLog> logger) : BackgroundService
{
    private readonly ILogger<StatisticsLog> _logger = logger;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        do
        {
            try
            {
                var now = await statistics.ReadAsync();
                metrics.Show(now);
                LogStatistics(now.Rooms, now.Users, now.Sessions, now.Connections, now.Nodes);
            }
            catch (RedisAwayException away)
            {
                LogNoStatistics(away.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(3401, LogLevel.Information, "{Rooms} rooms, {Users} users online, {Sessions} sessions ({Connections} connections) on {Nodes} nodes")]
    private partial void LogStatistics(long rooms, long users, long sessions, long connections, long nodes);

    [LoggerMessage(3402, LogLevel.Warning, "No statistics: {Reason}")]
    private partial void LogNoStatistics(string reason);
}
