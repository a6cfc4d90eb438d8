using System.Diagnostics.Metrics;

namespace PubSub.Tests.Wire.HelloService;

internal sealed class HelloMetrics
{
    private readonly Counter<long> _greetings;
    private readonly Histogram<double> _duration;

    public HelloMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("PubSub.Hello");
        _greetings = meter.CreateCounter<long>("hello.greetings", "{greeting}", "Greetings answered.");
        _duration = meter.CreateHistogram<double>("hello.duration", "s", "Time for an answer.");
    }

    public void Greeted(string how, TimeSpan took)
    {
        _greetings.Add(1, new KeyValuePair<string, object?>("how", how));
        _duration.Record(took.TotalSeconds);
    }
}
