using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Logging;
using PubSub.ServiceDefaults.Prometheus;
using PubSub.Tests.Infrastructure;

namespace PubSub.Tests.Unit.ServiceDefaults;

/// <summary>A registry over one meter that no other test knows.</summary>
internal sealed class MetricsPage : IDisposable
{
    private static int _meters;

    private readonly ILoggerFactory _loggers;
    private readonly MetricsRegistry _registry;

    public MetricsPage(params KeyValuePair<string, object?>[] meterTags)
    {
        Meter = new Meter(new MeterOptions($"PubSub.Page{Interlocked.Increment(ref _meters)}") { Tags = meterTags });
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(Logs));
        _registry = new MetricsRegistry([Meter.Name], null, _loggers.CreateLogger<MetricsRegistry>());
    }

    public Meter Meter { get; }

    public UnexpectedLogs Logs { get; } = new();

    public string Text
    {
        get
        {
            var output = new ArrayBufferWriter<byte>();
            _registry.Write(output);
            return Encoding.UTF8.GetString(output.WrittenSpan);
        }
    }

    /// <summary>Lines that are no comments.</summary>
    public string[] Samples =>
        [.. Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#'))];

    public static KeyValuePair<string, object?> Tag(string key, object? value) => new(key, value);

    public void Dispose()
    {
        _registry.Dispose();
        Meter.Dispose();
        _loggers.Dispose();
    }
}
